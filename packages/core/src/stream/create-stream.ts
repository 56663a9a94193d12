import type { Transport } from '../response/transport.ts'
import { Heartbeat } from './heartbeat.ts'
import { Revocations } from './revocations.ts'
import type { SseStream, StreamOptions } from './sse-stream.ts'
import { Stream } from './stream.ts'
import type { StreamHost } from './stream-host.ts'
import { randomName } from './stream-id.ts'

/** What streams without a hub share. */
const withoutHub: StreamHost = {
  heartbeat: new Heartbeat(15_000),
  streams: { addOpening() {}, add() {}, remove() {} },
  revocations: new Revocations(),
  now: Date.now,
  random: Math.random,
  ready: undefined,
  delivery: undefined,
  membership: undefined,
  newStreamId: randomName,
  refusal: () => undefined,
  observe() {},
  report: (error) => console.error(error),
}

/** A stream without a hub: it can `send` and `comment`, and is kept alive by a heartbeat every 15 seconds. */
export function createStream(transport: Transport, options?: StreamOptions): SseStream {
  return new Stream(withoutHub, transport, options)
}
