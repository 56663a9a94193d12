/** What the operator sees: which figures of a sample belong together, and how they are written. */
import type { Stats } from '../../shared/schemas.ts'
import type { Words } from '../words/index.ts'

export interface Series {
  readonly name: keyof Words['operator']['series']
  read(sample: Stats): number
}

export interface Chart {
  readonly name: keyof Words['operator']['charts']
  readonly unit: Unit
  readonly series: readonly Series[]
}

export type Unit = 'count' | 'bytes' | 'milliseconds'

/** What an axis shows at least: noise close to nothing shall not fill the picture. */
export const leastRange: Readonly<Record<Unit, number>> = { count: 4, bytes: 3000, milliseconds: 4 }

export const charts: readonly Chart[] = [
  {
    name: 'streams',
    unit: 'count',
    series: [
      { name: 'streams', read: ({ streams }) => streams },
      { name: 'channels', read: ({ channels }) => channels },
    ],
  },
  {
    name: 'rates',
    unit: 'count',
    series: [
      { name: 'entries', read: ({ entriesPerSecond }) => entriesPerSecond },
      { name: 'published', read: ({ publishedPerSecond }) => publishedPerSecond },
    ],
  },
  {
    name: 'backlog',
    unit: 'bytes',
    series: [{ name: 'pending', read: ({ backlog }) => backlog.pendingBytes }],
  },
  {
    name: 'memory',
    unit: 'bytes',
    series: [
      { name: 'rss', read: ({ memory }) => memory.rss },
      { name: 'heap', read: ({ memory }) => memory.heapUsed },
    ],
  },
  {
    name: 'delay',
    unit: 'milliseconds',
    series: [
      { name: 'p50', read: ({ eventLoopDelay }) => eventLoopDelay.p50 },
      { name: 'p99', read: ({ eventLoopDelay }) => eventLoopDelay.p99 },
    ],
  },
  { name: 'gaps', unit: 'count', series: [{ name: 'gaps', read: ({ gaps }) => gaps }] },
]

export interface Figure {
  readonly name: keyof Words['operator']['figures']
  readonly unit: Unit
  read(sample: Stats): number
}

export const figures: readonly Figure[] = [
  { name: 'streams', unit: 'count', read: ({ streams }) => streams },
  { name: 'channels', unit: 'count', read: ({ channels }) => channels },
  { name: 'entries', unit: 'count', read: ({ entriesPerSecond }) => entriesPerSecond },
  { name: 'published', unit: 'count', read: ({ publishedPerSecond }) => publishedPerSecond },
  { name: 'paused', unit: 'count', read: ({ backlog }) => backlog.paused },
  { name: 'gaps', unit: 'count', read: ({ gaps }) => gaps },
  { name: 'window', unit: 'count', read: ({ window }) => window.entries },
  { name: 'delay', unit: 'milliseconds', read: ({ eventLoopDelay }) => eventLoopDelay.p99 },
]

/** "1,234", "12.3 ms", "45.6 MB", each short enough for an axis. */
export function write(value: number, unit: Unit, locale: string): string {
  if (unit === 'count') return number(value, locale)
  if (unit === 'milliseconds') return `${number(value, locale)} ms`
  const power = value < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(value) / 3))
  return `${number(value / 1000 ** power, locale)} ${['B', 'kB', 'MB', 'GB'][power]}`
}

const number = (value: number, locale: string) =>
  value.toLocaleString(locale, { maximumFractionDigits: value < 100 ? 1 : 0 })
