import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { endOfTurn } from '../end-of-turn.ts'
import { SseError } from '../errors.ts'
import { createHub } from '../hub/hub.ts'
import { opening } from '../stream/opening.test-kit.ts'
import { RecordingTransport } from '../stream/recording-transport.test-kit.ts'
import type { Receiver } from './broker.ts'
import { createMemoryBroker } from './memory-broker.ts'
import { wrapped } from './wrapped-broker.test-kit.ts'

/** A broker whose start fails a number of times. */
function failing(times: number, error: unknown = new SseError('log-unreachable', 'The log is away.')) {
  const memory = createMemoryBroker()
  let attempts = 0
  const receivers: Receiver[] = []
  const broker = wrapped(memory, {
    start: async (receiver) => {
      receivers.push(receiver)
      if (attempts++ < times) throw error
      return memory.start(receiver)
    },
  })
  return { broker, receivers, attempts: () => attempts }
}

describe('a broker whose start fails', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
  afterEach(() => vi.useRealTimers())

  it('is started again, and everything that waits for it continues', async () => {
    const { broker, attempts } = failing(3)
    const states: string[] = []
    const onError = vi.fn()
    const hub = createHub({ broker, onBroker: (state) => states.push(state), onError })
    const transport = new RecordingTransport()
    hub.stream(transport).subscribe('a')
    const published = hub.publish('a', 'x')
    await vi.advanceTimersByTimeAsync(2_000)
    await hub.ready
    await published
    await opening()
    expect(attempts()).toBe(4)
    expect(states).toEqual(['down', 'up'])
    // The same failure is reported once.
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'log-unreachable' }))
    expect(transport.events('sse.open')).toHaveLength(1)
  })

  it('is named to a publish that waits in vain', async () => {
    const { broker } = failing(100)
    const hub = createHub({ broker, onError: () => {} })
    const published = expect(hub.publish('a', 'x')).rejects.toMatchObject({
      code: 'not-ready',
      message:
        'The broker has not started within 5000 ms: await hub.ready first. The last attempt failed: The log is away.',
      cause: { code: 'log-unreachable' },
    })
    await vi.advanceTimersByTimeAsync(6_000)
    await published
    await hub.close()
  })

  it('is no error of the streams that waited for it when the hub is closed', async () => {
    const { broker } = failing(1)
    const onError = vi.fn()
    const hub = createHub({ broker, onError })
    hub.stream(new RecordingTransport()).subscribe('a')
    await opening()
    await hub.close()
    await opening()
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'log-unreachable' }))
  })

  it('is retried while the hub is open: `ready` rejects after 30 seconds, and may be read again', async () => {
    const { broker } = failing(12)
    const hub = createHub({ broker, onError: () => {}, random: () => 1 })
    const first = hub.ready
    const rejected = expect(first).rejects.toMatchObject({ code: 'log-unreachable' })
    await vi.advanceTimersByTimeAsync(45_000)
    await rejected
    const second = hub.ready
    await vi.advanceTimersByTimeAsync(30_000)
    await second
    expect(hub.stats().broker).toBe('up')
  })

  it('makes `ready` reject at once when the failure is permanent', async () => {
    const { broker } = failing(1, new SseError('log-corrupt', 'The log is corrupt.'))
    const hub = createHub({ broker, onError: () => {} })
    await expect(hub.ready).rejects.toMatchObject({ code: 'log-corrupt' })
    const again = hub.ready
    await vi.advanceTimersByTimeAsync(1_000)
    await again
  })

  it('does not delay publishes for ever', async () => {
    const { broker } = failing(1_000)
    const hub = createHub({ broker, onError: () => {} })
    const rejected = expect(hub.publish('a', 'x')).rejects.toMatchObject({ code: 'not-ready' })
    await vi.advanceTimersByTimeAsync(5_000)
    await rejected
  })

  it('ends streams with a time to reconnect, and answers polls with 503, once it has failed for too long', async () => {
    const { broker } = failing(1_000)
    const hub = createHub({ broker, onError: () => {}, random: () => 0.5 })
    const stream = new RecordingTransport()
    const poll = new RecordingTransport()
    const unreadable = vi.fn()
    Object.assign(poll, { begun: false, unreadable })
    for (const transport of [stream, poll]) hub.stream(transport).subscribe('a')
    await opening()
    await vi.advanceTimersByTimeAsync(45_000)
    expect(stream.events('sse.close')).toMatchObject([{ retry: 2_000 }])
    expect(unreadable).toHaveBeenCalledOnce()
  })

  it('is not retried after the hub is closed, and later calls of a failed attempt are dropped', async () => {
    const { broker, receivers, attempts } = failing(1_000)
    const hub = createHub({ broker, onError: () => {} })
    const { ready } = hub
    await vi.advanceTimersByTimeAsync(0)
    receivers[0]?.entries([])
    receivers[0]?.health('up')
    const rejected = expect(ready).rejects.toMatchObject({ code: 'closed' })
    await hub.close()
    await rejected
    const before = attempts()
    await vi.advanceTimersByTimeAsync(60_000)
    await endOfTurn()
    expect(attempts()).toBe(before)
    expect(vi.getTimerCount()).toBe(0)
    expect(hub.stats().broker).not.toBe('up')
  })
})
