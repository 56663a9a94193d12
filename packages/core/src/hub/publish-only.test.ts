import { describe, expect, it, vi } from 'vitest'
import { createMemoryLog } from '../log/memory-broker.ts'
import { wrapped } from '../log/wrapped-broker.test-kit.ts'
import { RecordingTransport } from '../stream/recording-transport.test-kit.ts'
import { createHub } from './hub.ts'

describe('a hub that only publishes', () => {
  it('publishes to the streams of other hubs, and never starts its broker', async () => {
    const log = createMemoryLog()
    const channel = () => ({ records: true })
    const server = createHub({ broker: log.connect(), channel })
    await server.ready
    const transport = new RecordingTransport()
    server.stream(transport, { lastEventId: server.position }).subscribe('news')
    const broker = log.connect()
    const start = vi.fn<typeof broker.start>()
    const worker = createHub({ broker: wrapped(broker, { start }), channel, publishOnly: true })
    await worker.ready
    const { id } = await worker.publish('news', 'one', { idempotencyKey: 'k' })
    expect(await worker.publish('news', 'one', { idempotencyKey: 'k' })).toEqual({ id, duplicate: true })
    await worker.publish('news', 'two', { record: 'a' })
    await worker.remove('news', 'a')
    await worker.publish('news', 'three', { volatile: true })
    await worker.end('news')
    await vi.waitFor(() => expect(transport.state).toBe('ended'))
    expect(transport.data('message')).toEqual(['one', 'two', 'three'])
    expect(worker.stats()).toMatchObject({ published: 5, entries: 0, windowEntries: 0, broker: 'up' })
    expect(start).not.toHaveBeenCalled()
    await worker.close()
    await expect(worker.publish('news', 'late')).rejects.toMatchObject({ code: 'closed' })
  })

  it('refuses everything that needs to read the log', async () => {
    const hub = createHub({ broker: createMemoryLog().connect(), publishOnly: true, onError: () => {} })
    const refused = expect.objectContaining({ code: 'invalid-option' })
    expect(() => hub.position).toThrow(refused)
    expect(() => hub.stream(new RecordingTransport())).toThrow(refused)
    for (const call of [
      () => hub.disconnect('ada'),
      () => hub.presence('room'),
      () => hub.run('answer', ['x']),
      () => hub.abort('answer'),
      () => hub.changeChannels('id', { subscribe: { names: [], authorize: () => true }, unsubscribe: [] }),
    ])
      await expect(call()).rejects.toEqual(refused)
  })

  it('needs a broker, and true or false', () => {
    expect(() => createHub({ publishOnly: true })).toThrow(/broker/)
    expect(() => createHub({ publishOnly: 1 as never })).toThrow(/publishOnly must be true or false/)
  })
})
