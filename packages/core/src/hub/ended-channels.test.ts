import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { createMemoryLog } from '../log/memory-broker.ts'
import { wrapped } from '../log/wrapped-broker.test-kit.ts'
import { RecordingTransport } from '../stream/recording-transport.test-kit.ts'
import { createHub } from './hub.ts'
import type { Hub } from './types.ts'

async function open(hub: Hub, channel: string): Promise<RecordingTransport> {
  const transport = new RecordingTransport()
  hub.stream(transport).subscribe(channel)
  for (let turn = 0; turn < 4; turn++) await nextTurn()
  return transport
}

/** A log that has let go of the end of the channel `done`. */
async function endedBefore() {
  const log = createMemoryLog({ entries: 2 })
  const first = createHub({ broker: log.connect() })
  await first.end('done')
  for (let n = 0; n < 5; n++) await first.publish('news', n)
  return { log, first }
}

it('an end that is older than the log is known to a process that starts later', async () => {
  const { log, first } = await endedBefore()
  const hub = createHub({ broker: log.connect() })
  await hub.ready
  await vi.waitFor(async () => expect((await open(hub, 'done')).refusal).toMatchObject({ status: 204 }))
  expect((await open(hub, 'news')).refusal).toBe(undefined)
  await first.publish('done', 'again')
  const again = await open(hub, 'done')
  expect([again.refusal, again.state]).toEqual([undefined, 'open'])
})

it('a stream that came before the ends were read is closed once they are', async () => {
  const { log } = await endedBefore()
  const broker = log.connect()
  const read = Promise.withResolvers<void>()
  const ended = async () => {
    await read.promise
    return broker.ended!()
  }
  const hub = createHub({ broker: wrapped(broker, { ended }) })
  await hub.ready
  const early = await open(hub, 'done')
  const other = await open(hub, 'other')
  expect([early.state, other.state]).toEqual(['open', 'open'])
  // It opens the channel again, and arrives before the answer.
  void hub.publish('other', 1)
  read.resolve()
  await vi.waitFor(() => expect(early.state).toBe('ended'))
  expect(early.data('sse.close')).toEqual(['{"reconnect":false,"reason":"ended"}'])
  expect(other.state).toBe('open')
})

it('an answer that is ahead of what was delivered waits for it', async () => {
  const log = createMemoryLog()
  const first = createHub({ broker: log.connect() })
  await first.publish('run', 1)
  const broker = log.connect()
  const held: (() => void)[] = []
  const hub = createHub({
    broker: wrapped(broker, {
      start: (receiver) =>
        broker.start({
          entries: (batch) => held.push(() => receiver.entries(batch)),
          discontinuity: (discontinuity) => receiver.discontinuity(discontinuity),
          health: (state) => receiver.health(state),
          signal: (text) => receiver.signal(text),
        }),
      ended: async () => {
        await first.publish('run', 2)
        await first.end('run')
        return broker.ended!()
      },
    }),
  })
  await hub.ready
  const reader = await open(hub, 'run')
  await vi.waitFor(() => expect(held).toHaveLength(2))
  for (let turn = 0; turn < 4; turn++) await nextTurn()
  expect(reader.state).toBe('open')
  for (const deliver of held) deliver()
  await vi.waitFor(() => expect(reader.state).toBe('ended'))
  expect(reader.data('message')).toEqual(['2'])
})

it('an answer is taken if more entries arrive with it than the window holds', async () => {
  const { log } = await endedBefore()
  const broker = log.connect()
  const onError = vi.fn()
  const ended = async () => {
    const answer = await broker.ended!()
    for (let n = 0; n < 5; n++) void broker.publish(['news'], { data: `${n}` })
    return answer
  }
  const hub = createHub({ broker: wrapped(broker, { ended }), window: { entries: 2 }, onError })
  await hub.ready
  await vi.waitFor(async () => expect((await open(hub, 'done')).refusal).toMatchObject({ status: 204 }))
  expect(onError).not.toHaveBeenCalled()
})
