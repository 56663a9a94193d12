import { describe, expect, it } from 'vitest'
import { createHub } from '../hub/hub.ts'
import { chain, ManualBroker } from '../log/manual-broker.test-kit.ts'
import { opening } from '../stream/opening.test-kit.ts'
import { RecordingTransport } from '../stream/recording-transport.test-kit.ts'

/** A stream with the cursor `e4` on a hub whose head is `e3`. A client of another hub may send such a cursor. */
async function streamAheadOfItsHub() {
  const broker = new ManualBroker(chain('e0', 'e1', 'e2', 'e3'))
  const hub = createHub({ broker, window: { entries: 3 }, onError: () => {} })
  await hub.ready
  const transport = new RecordingTransport()
  const stream = hub.stream(transport, { lastEventId: 'e4' }).subscribe('a')
  await opening()
  const ids = (event: string) => transport.events(event).map(({ id }) => id)
  return { broker, stream, transport, ids }
}

describe('a stream whose position the broker has to read', () => {
  it('misses nothing when the broker answers a gap after the window has received the position', async () => {
    const { broker, ids } = await streamAheadOfItsHub()
    await broker.deliver(...chain('e3', 'e4', 'e5'))
    await broker.answer({ gap: 'trimmed', resumeAt: 'e5' })
    expect(ids('sse.gap')).toEqual([])
    expect(ids('message')).toEqual(['e5'])
  })

  it('asks again when the wake that it would wait for happened during the read', async () => {
    const { broker } = await streamAheadOfItsHub()
    await broker.deliver(...chain('e3', 'e4', 'e5', 'e6', 'e7', 'e8'))
    await broker.answer({ entries: [], done: true })
    expect(broker.asked).toEqual(['e4'])
  })

  it('is not written to when it became full while it waited for the broker', async () => {
    const { broker, stream, transport, ids } = await streamAheadOfItsHub()
    transport.fill()
    stream.send('beside', { event: 'beside' })
    await broker.answer(new Error('not now'))
    transport.drain()
    transport.fill()
    await broker.answer({ entries: chain('e4', 'e5'), done: true })
    await broker.deliver(...chain('e3', 'e4', 'e5', 'e6'))
    expect(ids('message')).toEqual(['e5'])
    transport.drain()
    expect(ids('message')).toEqual(['e5', 'e6'])
  })
})

describe('a stream whose log forks before its position', () => {
  async function forked() {
    const ahead = await streamAheadOfItsHub()
    await ahead.broker.answer({ entries: chain('e4', 'e5', 'e6'), done: true })
    await ahead.broker.answer({ gap: 'forked', resumeAt: 'e0' })
    return ahead
  }

  it('continues at the head, because it may already have the entries of the log', async () => {
    const { broker, ids } = await forked()
    await broker.answer({ gap: 'unknown', resumeAt: 'e5' })
    expect(ids('sse.gap')).toEqual(['e5'])
    await broker.answer({ entries: chain('e5', 'f6'), done: true })
    expect(ids('message')).toEqual(['e5', 'e6', 'f6'])
  })

  it('is live at the head of the new log, also if nothing is published to it', async () => {
    const lost = '00000000-3'
    const broker = new ManualBroker(chain('11111111-4', '11111111-5'))
    const hub = createHub({ broker, onError: () => {} })
    await hub.ready
    const transport = new RecordingTransport()
    hub.stream(transport, { lastEventId: '00000000-2' }).subscribe('a')
    await opening()
    await broker.answer({ entries: chain('00000000-2', lost), done: false })
    await broker.answer({ gap: 'forked', resumeAt: '11111111-4' })
    await broker.answer({ gap: 'unknown', resumeAt: '11111111-5' })
    await broker.answer({ entries: [], done: true })
    await hub.publish('a', 'typing', { event: 'typing', volatile: true })
    await opening()
    expect(transport.events('message').map(({ id }) => id)).toEqual([lost])
    expect(transport.events('sse.gap').map(({ id }) => id)).toEqual(['11111111-5'])
    expect(transport.events('typing')).toHaveLength(1)
  })

  it('gets no entry of the lost tail twice, and misses none of the new tail', async () => {
    const { broker, ids } = await forked()
    await broker.answer({ gap: 'unknown', resumeAt: 'e5' })
    await broker.answer({ entries: [], done: true })
    await broker.deliver(...chain('e3', 'e4', 'e5', 'e6'))
    await broker.answer({ entries: [], done: true })
    broker.receiver.discontinuity({ reason: 'forked', head: 'e5' })
    await broker.deliver(...chain('e5', 'f6'))
    await broker.answer({ entries: chain('e5', 'f6'), done: true })
    await broker.deliver(...chain('f6', 'f7'))
    expect(ids('message')).toEqual(['e5', 'e6', 'f6', 'f7'])
  })
})
