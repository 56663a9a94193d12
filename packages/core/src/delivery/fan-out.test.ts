import { describe, expect, it, vi } from 'vitest'
import { createHub } from '../hub/hub.ts'
import { opening } from '../stream/opening.test-kit.ts'
import { RecordingTransport } from '../stream/recording-transport.test-kit.ts'

describe('an exception while events are delivered', () => {
  it.each([
    ['write', ['write']],
    ['write, and then destroy', ['write', 'destroy']],
    ['pending, once it is full', ['pending']],
  ])('costs the stream whose transport throws in %s, and no other', async (_, broken) => {
    const onError = vi.fn()
    let published = 0
    const hub = createHub({
      window: { entries: 2 },
      onError,
      // An app may publish in onStream.
      onStream: (event) => {
        if (event.type === 'close' && published++ < 3) void hub.publish(['a', 'b'], 'from onStream')
      },
    })
    await hub.ready
    const transports = Array.from({ length: 5 }, () => new RecordingTransport())
    const streams = transports.map((transport) => hub.stream(transport).subscribe(['a', 'b']))
    await opening()
    const fail = () => {
      throw new TypeError('broken')
    }
    const sick = transports[1]!
    sick.fill()
    for (const name of broken)
      Object.defineProperty(sick, name, name === 'pending' ? { get: fail } : { value: fail })
    for (let n = 0; n < 5; n++) await Promise.all([hub.publish('a', `${n}`), hub.publish('b', `${n}`)])
    await hub.publish('a', 'last')
    await opening()
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ message: 'broken' }))
    expect(streams.map((stream) => stream.closed)).toEqual([false, true, false, false, false])
    for (const transport of transports.filter((one) => one !== sick))
      expect(transport.data('message').at(-1)).toBe('last')
    expect(hub.stats().streams).toBe(4)
  })
})

describe('a stream that the app closes in onStream when it opens', () => {
  it('leaves nothing behind, not even in the heartbeat', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] })
    const hub = createHub({ onStream: (event) => event.type === 'open' && event.stream.close() })
    for (let n = 0; n < 10; n++) hub.stream(new RecordingTransport()).subscribe('a')
    await opening()
    expect(vi.getTimerCount()).toBe(0)
    expect(hub.stats()).toMatchObject({ streams: 0, channels: 0, opened: 10, closed: { closed: 10 } })
    vi.useRealTimers()
  })
})
