import type { HubStats } from '@sse/express'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { OpenLines } from '../line/open-lines.ts'
import type { NotificationHub } from '../publishing/hub.ts'

/** What `GET /metrics` answers, in the text form of Prometheus. */
export interface Metrics {
  readonly contentType: string
  text(): Promise<string>
}

export function createMetrics(hub: NotificationHub, lines: OpenLines): Metrics {
  const registers = [new Registry()]
  const gauge = (name: string, help: string, value: (stats: HubStats) => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value(hub.stats()))
      },
    })
  const counter = (name: string, help: string, value: (stats: HubStats) => number) =>
    new Counter({
      name,
      help,
      registers,
      // The hub counts; here it is only said.
      collect() {
        this.reset()
        this.inc(value(hub.stats()))
      },
    })

  gauge('sse_streams', 'Open streams', ({ streams }) => streams)
  gauge('sse_channels', 'Channels that a stream is on', ({ channels }) => channels)
  gauge('sse_broker_up', '1 while the broker reaches its log and the log takes writes', ({ broker }) =>
    broker === 'up' ? 1 : 0,
  )
  gauge('sse_broker_refusing', '1 while the log takes no writes', ({ broker }) =>
    broker === 'refusing' ? 1 : 0,
  )
  gauge('sse_hubs', 'Processes on the log. 1 while the broker is down', ({ hubs }) => hubs)
  gauge('sse_window_entries', 'Entries of the log in memory', ({ windowEntries }) => windowEntries)
  gauge('sse_window_bytes', 'Bytes of the log in memory', ({ windowBytes }) => windowBytes)
  gauge('sse_window_span_seconds', 'How far the window reaches back', ({ windowSpan }) => windowSpan / 1000)
  gauge('sse_paused_streams', 'Streams whose sockets take nothing more', () => lines.figures().paused)
  gauge('sse_pending_bytes', 'Bytes that wait to be sent', () => lines.figures().pendingBytes)
  counter('sse_written_bytes_total', 'Bytes handed to the sockets of streams', () => lines.figures().bytes)
  counter('sse_published_total', 'Events that this process published', ({ published }) => published)
  counter('sse_entries_total', 'Entries that came from the log', ({ entries }) => entries)
  counter('sse_streams_opened_total', 'Streams opened', ({ opened }) => opened)
  counter('sse_refused_total', 'Streams and polls that were not let in', ({ refused }) => refused)
  counter('sse_gaps_total', 'Gaps told to clients', ({ gaps }) => gaps)
  counter('sse_errors_total', 'Errors of callbacks, broker and publishes', ({ errors }) => errors)
  new Counter({
    name: 'sse_streams_closed_total',
    help: 'Streams ended',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset()
      for (const [reason, count] of Object.entries(hub.stats().closed)) this.inc({ reason }, count)
    },
  })

  new Counter({
    name: 'sse_refused_publishes_total',
    help: 'Publishes that were rejected',
    labelNames: ['code'],
    registers,
    collect() {
      this.reset()
      for (const [code, count] of Object.entries(hub.stats().refusedPublishes)) this.inc({ code }, count)
    },
  })

  const all = Registry.merge([...registers, nodeMetrics()])
  return { contentType: all.contentType, text: () => all.metrics() }
}

let ofNode: Registry | undefined

/** Of the process, so one for all apps in it. */
function nodeMetrics(): Registry {
  if (ofNode) return ofNode
  ofNode = new Registry()
  collectDefaultMetrics({ register: ofNode })
  return ofNode
}
