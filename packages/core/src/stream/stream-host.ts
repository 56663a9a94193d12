import type { Feed } from '../log/feed.ts'
import { Heartbeat } from './heartbeat.ts'
import type { StreamEnd, StreamOptions } from './sse-stream.ts'
import { Stream } from './stream.ts'
import type { Transport } from './transport.ts'

/** What the streams of a process share, as one of them sees it. */
export interface StreamHost {
  readonly heartbeat: Heartbeat
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number
  /** A number from 0 to 1. */
  readonly random: () => number
  /** Reports what a user's callback, a broker or a transport threw. */
  report(error: unknown): void
  joined(stream: Stream): void
  left(stream: Stream, reason: StreamEnd): void
  gap(): void
  /** The log and who reads it; `undefined` for streams without a hub. */
  readonly feed: Feed | undefined
}

const hubless: StreamHost = {
  heartbeat: new Heartbeat(15_000),
  now: Date.now,
  random: Math.random,
  report: (error) => console.error(error),
  joined() {},
  left() {},
  gap() {},
  feed: undefined,
}

/** A stream without a hub: it can `send` and `comment`, and is kept alive by a heartbeat every 15 seconds. */
export function createStream(transport: Transport, options?: StreamOptions): Stream {
  return new Stream(hubless, transport, options)
}
