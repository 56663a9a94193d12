import { createScriptedServer, type Exchange, type ScriptedServer } from '@sse/testbed'
import { EventSource } from 'eventsource'
import { onTestFinished } from 'vitest'
import { createSseClient, type SseClient, type SseClientOptions, type SseState } from '../src/index.ts'
import { createTestClock, type TestClock } from '../src/testing/index.ts'

type Status = SseState['status']

/**
 * The connections that a client has in Node: over `fetch`, and over the package `eventsource`, which hides from it every byte that is not
 * an event that somebody listens for.
 */
export const connections = [
  { name: 'fetch', EventSource: undefined, seesBytes: true },
  { name: 'the package eventsource', EventSource, seesBytes: false },
] as const

/** A client on a scripted server, with a clock that stands still and a record of its states. */
export interface TestBed {
  readonly client: SseClient
  readonly server: ScriptedServer
  readonly clock: TestClock
  /** Every state told so far. */
  readonly states: SseState[]
  /** The next state with this status, or the present one. */
  reach<S extends Status>(status: S): Promise<Extract<SseState, { status: S }>>
}

export async function setUp(options: SseClientOptions = {}): Promise<TestBed> {
  const server = await createScriptedServer()
  const clock = createTestClock()
  const client = createSseClient(server.url, { clock, ...options })
  onTestFinished(() => client.close())
  const states: SseState[] = []
  client.on('sse.state', (state) => states.push(state))
  return { client, server, clock, states, reach: (status) => reach(client, status) }
}

/** A client on an open stream, whose first text is `text`. */
export async function setUpOpen(
  options?: SseClientOptions,
  text?: string,
): Promise<TestBed & { stream: Exchange }> {
  const bed = await setUp(options)
  bed.client.connect()
  const stream = await bed.server.next()
  stream.open(text)
  await bed.reach('open')
  return { ...bed, stream }
}

/** A client on a stream that has sent its `sse.open`. */
export async function setUpAnnounced(
  options?: SseClientOptions,
  heartbeat = 0,
): Promise<TestBed & { stream: Exchange }> {
  const bed = await setUpOpen(options)
  const opened = take(bed.client, 'sse.open', 1)
  bed.stream.send({ event: 'sse.open', data: { stream: 's1', heartbeat, resumed: null }, id: '1' })
  await opened
  return bed
}

export function reach<S extends Status>(
  client: SseClient,
  status: S,
): Promise<Extract<SseState, { status: S }>> {
  const isIt = (state: SseState): state is Extract<SseState, { status: S }> => state.status === status
  return new Promise((resolve) => {
    const check = (state: SseState) => {
      if (!isIt(state)) return
      off()
      resolve(state)
    }
    const off = client.on('sse.state', check)
    check(client.state)
  })
}

/** The data of the next so many events of a name. */
export function take(client: SseClient, event: string, count: number): Promise<unknown[]> {
  const taken: unknown[] = []
  return new Promise((resolve) => {
    const off = client.on(event, (data) => {
      taken.push(data)
      if (taken.length < count) return
      off()
      resolve(taken)
    })
  })
}
