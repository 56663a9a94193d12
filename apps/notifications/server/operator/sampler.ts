import { hostname } from 'node:os'
import { type ELDHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { Stats } from '../../shared/schemas.ts'
import type { OpenLines } from '../line/open-lines.ts'
import type { NotificationHub } from '../publishing/hub.ts'

/** Takes the figures of this process once a second, while somebody listens, for all who do. */
export interface Sampler {
  /** Tells a sample at once, and the next ones. The rates of the very first one are 0. Returns what stops it. */
  listen(told: (stats: Stats) => void): () => void
}

const second = 1_000
/** Milliseconds between two looks at how late the event loop is. */
const resolution = 10
/** As many users as the operator's page can show. */
const mostUsers = 100

export function createSampler(hub: NotificationHub, lines: OpenLines): Sampler {
  const listeners = new Set<(stats: Stats) => void>()
  let latest: Stats | undefined
  let timer: NodeJS.Timeout | undefined

  function start(): void {
    const delay = monitorEventLoopDelay({ resolution })
    delay.enable()
    let before = totals(hub, lines)
    latest = sample({ hub, lines, before, now: before, delay })
    timer = setInterval(() => {
      const now = totals(hub, lines)
      latest = sample({ hub, lines, before, now, delay })
      before = now
      delay.reset()
      for (const told of listeners) told(latest)
      if (listeners.size > 0) return
      clearInterval(timer)
      delay.disable()
      timer = undefined
      latest = undefined
    }, second).unref()
  }

  return {
    listen(told) {
      listeners.add(told)
      if (!timer) start()
      if (latest) told(latest)
      return () => void listeners.delete(told)
    },
  }
}

interface Totals {
  /** Milliseconds of the monotonic clock. */
  readonly at: number
  readonly entries: number
  readonly published: number
  readonly bytes: number
}

function totals(hub: NotificationHub, lines: OpenLines): Totals {
  const { entries, published } = hub.stats()
  return { at: performance.now(), entries, published, bytes: lines.figures().bytes }
}

interface SampleOf {
  readonly hub: NotificationHub
  readonly lines: OpenLines
  readonly before: Totals
  readonly now: Totals
  readonly delay: ELDHistogram
}

function sample({ hub, lines, before, now, delay }: SampleOf): Stats {
  const stats = hub.stats()
  const { paused, pendingBytes } = lines.figures()
  const { rss, heapUsed } = process.memoryUsage()
  const perSecond = (count: 'entries' | 'published' | 'bytes') =>
    now.at > before.at ? rounded(((now[count] - before[count]) / (now.at - before.at)) * second) : 0
  return {
    at: Date.now(),
    streams: stats.streams,
    channels: stats.channels,
    users: usersOf(hub),
    entriesPerSecond: perSecond('entries'),
    publishedPerSecond: perSecond('published'),
    bytesPerSecond: perSecond('bytes'),
    backlog: { paused, pendingBytes },
    gaps: stats.gaps,
    window: { entries: stats.windowEntries, bytes: stats.windowBytes, span: stats.windowSpan },
    memory: { rss, heapUsed },
    broker: stats.broker,
    node: `${hostname()}:${process.pid}`,
    hubs: stats.hubs,
    eventLoopDelay: { p50: milliseconds(delay, 50), p99: milliseconds(delay, 99) },
  }
}

/** Most streams first. */
function usersOf(hub: NotificationHub): Stats['users'] {
  const counts = new Map<string, number>()
  for (const { key } of hub.streams) if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1)
  const users = [...counts].map(([key, streams]) => ({ key, streams }))
  return users.sort((a, b) => b.streams - a.streams || a.key.localeCompare(b.key)).slice(0, mostUsers)
}

/** How late the looks were: what the histogram holds is the time from one to the next. */
function milliseconds(delay: ELDHistogram, percentile: number): number {
  return rounded(delay.percentile(percentile) / 1e6 - resolution)
}

function rounded(value: number): number {
  return Math.max(0, Math.round(value * 100) / 100)
}
