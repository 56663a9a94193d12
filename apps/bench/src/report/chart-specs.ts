import type { TopLevelSpec } from 'vega-lite'
import type { Spread } from '../statistics.ts'
import type { Row } from './compare.ts'

/** What a bar shows. */
export interface Bar {
  readonly title: string
  readonly kind: Row['kind']
  readonly spread: Spread
}

/** Some bars under a title. */
export interface Panel {
  readonly title: string
  readonly bars: readonly Bar[]
}

/** A median as a point each, on one line a contestant. */
export interface PointPanel {
  readonly title: string
  readonly rows: readonly {
    readonly title: string
    readonly kind: Row['kind']
    readonly measure: string
    readonly value: number
  }[]
}

const colour = { ours: '#0b7a5e', floor: '#9aa5b1', peer: '#5b7fb5', open: '#c4ccd4' }
const font = 'system-ui, -apple-system, "Segoe UI", "Liberation Sans", Arial, sans-serif'

/** Ours stands out; the floor is no rival. */
const kinds = {
  field: 'kind',
  type: 'nominal' as const,
  legend: null,
  scale: { domain: Object.keys(colour), range: Object.values(colour) },
}

const config = {
  background: '#ffffff',
  font,
  padding: 16,
  view: { stroke: null },
  title: {
    fontSize: 18,
    subtitleFontSize: 12,
    subtitleColor: '#52606d',
    subtitleLineHeight: 17,
    offset: 18,
    subtitlePadding: 8,
  },
  axis: {
    labelFontSize: 13,
    titleFontSize: 12,
    titleColor: '#52606d',
    labelLimit: 400,
    domain: false,
    ticks: false,
  },
  concat: { spacing: 36 },
}

/** What stands above a chart. */
export interface Head {
  readonly text: string
  readonly subtitle: string[]
}

/** Horizontal bars with their spread, a panel beside the other. */
export function bars(
  head: Head,
  panels: readonly Panel[],
  { unit, format, columns = 2 }: { unit: string; format: string; columns?: number },
): TopLevelSpec {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { ...head, anchor: 'start' },
    config,
    columns,
    resolve: { scale: { x: 'independent', y: 'independent' } },
    concat: panels.map((panel) => ({
      title: { text: panel.title, fontSize: 14, anchor: 'start', offset: 8 },
      width: panels.length === 1 ? 560 : 300,
      height: { step: 26 },
      data: {
        values: panel.bars.map(({ title, kind, spread }) => ({ title, kind, ...spread })),
      },
      encoding: {
        y: { field: 'title', type: 'nominal', sort: null, title: null, axis: { labelPadding: 8 } },
      },
      layer: [
        {
          mark: { type: 'bar', height: 16, cornerRadiusEnd: 2 },
          encoding: {
            x: {
              field: 'median',
              type: 'quantitative',
              title: unit,
              axis: { grid: true, gridColor: '#e4e7eb', tickCount: 5 },
            },
            color: kinds,
          },
        },
        {
          mark: { type: 'rule', color: '#1f2933', strokeWidth: 1.5 },
          encoding: { x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } },
        },
        {
          mark: { type: 'text', align: 'left', dx: 6, fontSize: 12, color: '#1f2933' },
          encoding: {
            x: { field: 'high', type: 'quantitative' },
            text: { field: 'median', type: 'quantitative', format },
          },
        },
      ],
    })),
  }
}

/** Percentiles on a logarithmic line, a panel beside the other, on the same scale. */
export function points(head: Head, panels: readonly PointPanel[]): TopLevelSpec {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { ...head, anchor: 'start' },
    config: { ...config, legend: { labelFontSize: 13, titleFontSize: 12 } },
    columns: 2,
    resolve: { scale: { x: 'shared', y: 'independent' } },
    concat: panels.map((panel) => ({
      title: { text: panel.title, fontSize: 14, anchor: 'start', offset: 8 },
      width: 340,
      height: { step: 28 },
      data: { values: [...panel.rows] },
      encoding: {
        y: {
          field: 'title',
          type: 'nominal',
          sort: null,
          title: null,
          axis: { labelPadding: 8, grid: true, gridColor: '#e4e7eb' },
        },
      },
      layer: [
        {
          mark: { type: 'line', strokeWidth: 2, opacity: 0.5 },
          encoding: {
            x: {
              field: 'value',
              type: 'quantitative',
              scale: { type: 'log' },
              title: 'ms',
              axis: { grid: true, gridColor: '#e4e7eb', format: '~g' },
            },
            detail: { field: 'title' },
            color: kinds,
          },
        },
        {
          mark: { type: 'point', filled: true, size: 80, opacity: 1 },
          encoding: {
            x: { field: 'value', type: 'quantitative' },
            shape: {
              field: 'measure',
              type: 'nominal',
              title: null,
              scale: { domain: ['p50', 'p99', 'max'], range: ['circle', 'square', 'triangle-right'] },
            },
            color: kinds,
          },
        },
      ],
    })),
  }
}
