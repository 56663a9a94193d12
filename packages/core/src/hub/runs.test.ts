import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { endOfTurn } from '../end-of-turn.ts'
import { createMemoryLog } from '../log/memory-broker.ts'
import { wrapped } from '../log/wrapped-broker.test-kit.ts'
import { RecordingTransport } from '../stream/recording-transport.test-kit.ts'
import type { SubscribeOptions } from '../stream/sse-stream.ts'
import { createHub } from './hub.ts'
import type { Hub } from './types.ts'

async function open(hub: Hub, channel: string, options: SubscribeOptions = {}) {
  const transport = new RecordingTransport()
  hub.stream(transport).subscribe(channel, options)
  for (let turn = 0; turn < 6; turn++) await endOfTurn()
  return transport
}

/** A source in the hands of a test. */
function manual<T>() {
  const items: T[] = []
  let wake = () => {}
  let ended = false
  let failure: unknown
  const cancelled = vi.fn()
  async function* source() {
    try {
      for (;;) {
        if (items.length > 0) yield items.shift()!
        else if (failure) throw failure
        else if (ended) return
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      cancelled()
    }
  }
  const change = (what: () => void) => {
    what()
    wake()
  }
  return {
    source: source(),
    cancelled,
    push: (...more: T[]) => change(() => items.push(...more)),
    end: () => change(() => (ended = true)),
    fail: (error: unknown) => change(() => (failure = error)),
  }
}

async function ready(hub: Hub): Promise<Hub> {
  await hub.ready
  for (let turn = 0; turn < 3; turn++) await nextTurn()
  return hub
}

describe('hub.run', () => {
  it('publishes strings together and everything else as arrays, and ends the channel', async () => {
    const hub = await ready(createHub())
    const run = await hub.run('answer', ['Hel', 'lo', { n: 1 }, { n: 2 }, '!'], {
      event: 'token',
      every: 60_000,
    })
    expect(await run.done).toEqual({ reason: 'finished' })
    const transport = await open(hub, 'answer', { since: run.position })
    expect(transport.data('token')).toEqual(['Hello', '[{"n":1},{"n":2}]', '!'])
    expect(transport.data('sse.end')).toEqual(['{"channel":"answer","reason":"finished"}'])
    expect(transport.state).toBe('ended')
    expect((await open(hub, 'answer')).refusal?.status).toBe(204)
  })

  it('is read while it runs, by whoever comes, and goes on when they leave', async () => {
    const hub = await ready(createHub())
    const { source, push, end } = manual<string>()
    const run = await hub.run('answer', source, { every: 0 })
    const first = await open(hub, 'answer', { since: run.position })
    push('a')
    await vi.waitFor(() => expect(first.data('message')).toEqual(['a']))
    first.leave()
    push('b')
    const second = await open(hub, 'answer', { since: run.position })
    await vi.waitFor(() => expect(second.data('message').join('')).toBe('ab'))
    push('c')
    end()
    await run.done
    await vi.waitFor(() => expect(second.state).toBe('ended'))
    expect(second.data('message').join('')).toBe('abc')
  })

  it('is busy for a second run, in every process, until the first has ended', async () => {
    const log = createMemoryLog()
    const one = await ready(createHub({ broker: log.connect() }))
    const other = await ready(createHub({ broker: log.connect() }))
    const first = manual<string>()
    const run = await one.run('answer', first.source)
    await expect(one.run('answer', ['x'])).rejects.toMatchObject({ code: 'busy' })
    await expect(other.run('answer', ['x'])).rejects.toMatchObject({ code: 'busy' })
    const late = await ready(createHub({ broker: log.connect() }))
    await expect(late.run('answer', ['x'])).rejects.toMatchObject({ code: 'busy' })
    first.end()
    await run.done
    const again = await late.run('answer', ['x'])
    await again.done
  })

  it('of two at the same moment gives the channel to one', async () => {
    const log = createMemoryLog()
    const hubs = await Promise.all([1, 2, 3].map(() => ready(createHub({ broker: log.connect() }))))
    const started = await Promise.allSettled(hubs.map((hub) => hub.run('answer', manual().source)))
    expect(started.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    // The losers left nothing behind that would block the channel.
    await hubs[0]!.abort('answer')
    await (await hubs[1]!.run('answer', ['x'])).done
  })

  it('ends when the log takes the end again, and does not hold up a hub that closes meanwhile', async () => {
    const broker = createMemoryLog().connect()
    let refused = 0
    let isRefusing = true
    const hub = await ready(
      createHub({
        broker: wrapped(broker, {
          publish: async (channels, message, options) => {
            if (message.event !== 'sse.end' || !isRefusing) return broker.publish(channels, message, options)
            refused++
            throw new Error('the disk is full')
          },
        }),
      }),
    )
    const run = await hub.run('answer', ['x'])
    await vi.waitFor(() => expect(refused).toBe(1))
    isRefusing = false
    expect(await run.done).toEqual({ reason: 'finished' })
    const transport = await open(hub, 'answer', { since: run.position })
    expect(transport.data('sse.end')).toHaveLength(1)
    isRefusing = true
    const other = await hub.run('other', ['x'])
    await vi.waitFor(() => expect(refused).toBe(2))
    await hub.close()
    await expect(other.done).rejects.toThrow('the disk is full')
  })

  it('is aborted from any process, by its handle and by a signal, and cancels its source', async () => {
    const log = createMemoryLog()
    const one = await ready(createHub({ broker: log.connect() }))
    const other = await ready(createHub({ broker: log.connect() }))
    for (const abort of [
      () => other.abort('answer'),
      (run: { abort(): void }) => run.abort(),
      (_: unknown, controller: AbortController) => controller.abort(),
    ]) {
      const controller = new AbortController()
      const { source, cancelled, push } = manual<string>()
      const run = await one.run('answer', source, { signal: controller.signal })
      push('kept')
      await abort(run, controller)
      expect(await run.done).toEqual({ reason: 'aborted' })
      // A generator that waits is cancelled when its wait is over.
      push('too late')
      await vi.waitFor(() => expect(cancelled).toHaveBeenCalledOnce())
      const transport = await open(other, 'answer', { since: run.position })
      expect(transport.data('sse.end')).toEqual(['{"channel":"answer","reason":"aborted"}'])
    }
    await one.abort('nothing')
  })

  it('is not waited for any longer by a hub that closes', async () => {
    const log = createMemoryLog()
    const one = await ready(createHub({ broker: log.connect() }))
    const other = await ready(createHub({ broker: log.connect() }))
    await one.run('answer', manual<string>().source)
    const aborted = other.abort('answer')
    aborted.catch(() => {})
    await other.close()
    await expect(aborted).rejects.toMatchObject({ code: 'closed' })
  })

  it('tells that its source has failed; the stack stays here, a public message travels', async () => {
    const errors: unknown[] = []
    const hub = await ready(createHub({ onError: (error) => errors.push(error) }))
    for (const [error, message] of [
      [new Error('secret'), undefined],
      [Object.assign(new Error('Too many requests'), { expose: true }), 'Too many requests'],
    ] as const) {
      const { source, push, fail } = manual<string>()
      const run = await hub.run('answer', source)
      push('part')
      fail(error)
      expect(await run.done).toEqual({ reason: 'failed', ...(message && { message }) })
      const transport = await open(hub, 'answer', { since: run.position })
      expect(transport.data('message')).toEqual(['part'])
      expect(JSON.parse(transport.data('sse.end')[0]!)).toEqual({
        channel: 'answer',
        reason: 'failed',
        ...(message && { message }),
      })
    }
    expect(errors).toHaveLength(2)
  })

  it('is ended by the others when its process has died, and by the next when all have', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'performance'] })
    try {
      const log = createMemoryLog()
      const broker = log.connect()
      let dead = false
      const dying = wrapped(broker, {
        signal: (text) => (dead ? Promise.resolve() : broker.signal(text)),
        publish: (...message) => (dead ? new Promise(() => {}) : broker.publish(...message)),
      })
      const one = await ready(createHub({ broker: dying }))
      const other = await ready(createHub({ broker: log.connect() }))
      const run = await one.run('answer', manual<string>().source)
      const transport = await open(other, 'answer', { since: run.position })
      dead = true
      for (let second = 0; second < 8; second++) {
        vi.advanceTimersByTime(1_000)
        for (let turn = 0; turn < 5; turn++) await nextTurn()
      }
      expect(transport.data('sse.end')).toEqual(['{"channel":"answer","reason":"lost"}'])

      const last = manual<string>()
      dead = false
      const again = await other.run('answer', last.source)
      expect(again.channel).toBe('answer')
    } finally {
      vi.useRealTimers()
    }
  })

  it('ends as lost when its hub is closed', async () => {
    const log = createMemoryLog()
    const one = await ready(createHub({ broker: log.connect() }))
    const other = await ready(createHub({ broker: log.connect() }))
    const run = await one.run('answer', manual<string>().source)
    await one.close()
    expect(await run.done).toEqual({ reason: 'lost' })
    const transport = await open(other, 'answer', { since: run.position })
    expect(transport.data('sse.end')).toEqual(['{"channel":"answer","reason":"lost"}'])
  })

  it('keeps its entries within maxEventBytes', async () => {
    const hub = await ready(createHub({ maxEventBytes: 100 }))
    const run = await hub.run(
      'answer',
      Array.from({ length: 50 }, () => 'x'.repeat(30)),
    )
    await run.done
    const transport = await open(hub, 'answer', { since: run.position })
    expect(transport.data('message').join('')).toHaveLength(1_500)
    for (const data of transport.data('message')) expect(data.length).toBeLessThanOrEqual(100)
  })

  it('splits a text that is too large for an entry between characters, and leaves out empty ones', async () => {
    const hub = await ready(createHub({ maxEventBytes: 100 }))
    const text = '한국어'.repeat(50)
    const run = await hub.run('answer', ['', text, '', 'end'], { every: 60_000 })
    expect(await run.done).toEqual({ reason: 'finished' })
    const transport = await open(hub, 'answer', { since: run.position })
    expect(transport.data('message').join('')).toBe(`${text}end`)
    for (const data of transport.data('message')) expect(Buffer.byteLength(data)).toBeLessThanOrEqual(100)
    const nothing = await hub.run('nothing', [''])
    await nothing.done
    const other = await open(hub, 'nothing', { since: nothing.position })
    expect(other.events().map(({ event }) => event)).toEqual(['sse.open', 'sse.end', 'sse.close'])
  })

  it('fails for a value that is not a source, and for a source that fails while the run starts', async () => {
    const hub = createHub({ onError: () => {} })
    await expect(hub.run('answer', 7 as never)).rejects.toMatchObject({ code: 'invalid-data' })
    const readable = new Readable({ read() {} })
    const starting = hub.run('answer', readable)
    readable.destroy(new Error('broken'))
    expect(await (await starting).done).toEqual({ reason: 'failed' })
  })

  it('does not start when the log has lost its start, and cancels its source', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const broker = createMemoryLog().connect()
      let losing = true
      const losesStarts = wrapped(broker, {
        publish: async (channels, message, options) => {
          const isLost = losing && JSON.parse(message.data).type === 'run'
          return isLost ? { id: hub.position, duplicate: false } : broker.publish(channels, message, options)
        },
      })
      const hub: Hub = await ready(createHub({ broker: losesStarts }))
      const readable = new Readable({ read() {} })
      const starting = hub.run('answer', readable)
      const refused = expect(starting).rejects.toMatchObject({ code: 'not-ready' })
      for (let turn = 0; turn < 5; turn++) await nextTurn()
      vi.advanceTimersByTime(5_000)
      await refused
      await vi.waitFor(() => expect(readable.destroyed).toBe(true))
      losing = false
      await (await hub.run('answer', ['x'])).done
    } finally {
      vi.useRealTimers()
    }
  })

  it('does not start in a hub that closes meanwhile', async () => {
    const broker = createMemoryLog().connect()
    const neverDelivers = wrapped(broker, {
      publish: async (channels, message, options) =>
        message.data.includes('"run"')
          ? { id: hub.position, duplicate: false }
          : broker.publish(channels, message, options),
    })
    const hub: Hub = await ready(createHub({ broker: neverDelivers }))
    const refused = expect(hub.run('answer', ['x'])).rejects.toMatchObject({ code: 'closed' })
    await nextTurn()
    await hub.close()
    await refused
  })

  // A rejection without a handler would end the process, and makes this test fail.
  it('does not start in a hub that closes while the log takes its start', async () => {
    const broker = createMemoryLog().connect()
    const taken = Promise.withResolvers<void>()
    const hub: Hub = await ready(
      createHub({
        broker: wrapped(broker, {
          publish: async (channels, message, options) => {
            if (message.data.includes('"run"')) await taken.promise
            return broker.publish(channels, message, options)
          },
        }),
      }),
    )
    const refused = expect(hub.run('answer', ['x'])).rejects.toMatchObject({ code: 'closed' })
    await nextTurn()
    const closed = hub.close()
    await nextTurn()
    taken.resolve()
    await Promise.all([refused, closed])
  })

  it('of a process that the others take for dead is over there too, and the channel stays ended', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'performance'] })
    try {
      const log = createMemoryLog()
      const broker = log.connect()
      let mute = false
      const one = await ready(
        createHub({
          broker: wrapped(broker, { signal: async (text) => void (mute || (await broker.signal(text))) }),
        }),
      )
      const other = await ready(createHub({ broker: log.connect() }))
      const { source, push, cancelled } = manual<string>()
      const run = await one.run('answer', source, { every: 0 })
      mute = true
      for (let second = 0; second < 8; second++) {
        vi.advanceTimersByTime(1_000)
        push('more')
        for (let turn = 0; turn < 5; turn++) await nextTurn()
      }
      expect(await run.done).toEqual({ reason: 'lost' })
      push('too late')
      await vi.waitFor(() => expect(cancelled).toHaveBeenCalledOnce())
      expect((await open(other, 'answer')).refusal?.status).toBe(204)
      const transport = await open(one, 'answer', { since: run.position })
      expect(transport.events().at(-2)).toMatchObject({ event: 'sse.end' })
    } finally {
      vi.useRealTimers()
    }
  })
})
