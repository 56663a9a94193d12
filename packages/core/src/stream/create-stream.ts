import type { Transport } from '../response/transport.ts'
import { Heartbeat } from './heartbeat.ts'
import { Revocations } from './revocations.ts'
import type { SseStream, StreamOptions } from './sse-stream.ts'
import { Stream } from './stream.ts'
import type { StreamHost } from './stream-host.ts'
import { randomName } from './stream-id.ts'

/** The host of streams without a hub. */
const withoutHub: StreamHost = {
  heartbeat: new Heartbeat(15_000),
  streams: { addOpening() {}, add() {}, remove() {} },
  revocations: new Revocations(),
  now: Date.now,
  random: Math.random,
  whenReady: undefined,
  delivery: undefined,
  membership: undefined,
  newStreamId: randomName,
  refusal: () => undefined,
  observe() {},
  report: (error) => console.error(error),
}

/** Creates a stream without a hub. It can send events and comments, and has a heartbeat every 15 seconds. */
export function createStream(transport: Transport, options?: StreamOptions): SseStream {
  return new Stream(withoutHub, transport, options)
}
