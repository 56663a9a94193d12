import type { Transport } from '../response/transport.ts'
import { Heartbeat } from './heartbeat.ts'
import type { SseStream, StreamOptions } from './sse-stream.ts'
import { Stream } from './stream.ts'
import type { StreamHost } from './stream-host.ts'
import { randomName } from './stream-id.ts'

/** What streams without a hub share: a heartbeat, and nobody to tell of them. */
const hubless: StreamHost = {
  heartbeat: new Heartbeat(15_000),
  now: Date.now,
  random: Math.random,
  newStreamId: randomName,
  refusal: () => undefined,
  arrival: () => 0,
  revocation: () => undefined,
  report: (error) => console.error(error),
  expected() {},
  joined() {},
  dropped() {},
  left() {},
  refused() {},
  missed() {},
  feed: undefined,
}

/** A stream without a hub: it can `send` and `comment`, and is kept alive by a heartbeat every 15 seconds. */
export function createStream(transport: Transport, options?: StreamOptions): SseStream {
  return new Stream(hubless, transport, options)
}
