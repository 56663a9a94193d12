import { getEventListeners } from 'node:events'
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { SilentTransport } from '@sse/testbed/silent-transport'
import { describe, expect, it, vi } from 'vitest'
import { endOfTurn } from '../end-of-turn.ts'
import { createHub } from '../hub/hub.ts'
import { createStream } from './create-stream.ts'
import { RecordingTransport } from './recording-transport.test-kit.ts'
import type { SseStream } from './sse-stream.ts'

function opened() {
  const transport = new RecordingTransport()
  return { transport, stream: createStream(transport) }
}

describe('stream.from', () => {
  it.each([
    ['an iterable', () => ['a', { b: 1 }, '']],
    [
      'an async generator',
      async function* () {
        yield* ['a', { b: 1 }, '']
      },
    ],
    ['a Readable of objects', () => Readable.from(['a', { b: 1 }, ''])],
    ['a ReadableStream', () => ReadableStream.from(['a', { b: 1 }, ''])],
  ])('sends every item of %s and leaves the stream open', async (_, source) => {
    const { transport, stream } = opened()
    await stream.from(source(), { event: 'token' })
    expect(transport.data('token')).toEqual(['a', '{"b":1}', ''])
    expect(stream.closed).toBe(false)
  })

  it('waits for items that are promises', async () => {
    const { transport, stream } = opened()
    await stream.from([Promise.resolve('a'), 'b', Promise.resolve({ c: 1 })])
    expect(transport.data('message')).toEqual(['a', 'b', '{"c":1}'])
  })

  it('joins characters that are split over two strings', async () => {
    const { transport, stream } = opened()
    await stream.from(['a\ud83d', '\ude00b', '', '\ud83d', 7, 'x\ud83d'])
    expect(transport.data('message')).toEqual(['a', '😀b', '', '\ufffd', '7', 'x', '\ufffd'])
  })

  it('joins characters that are split over two chunks of bytes', async () => {
    const { transport, stream } = opened()
    const bytes = Buffer.from('한글')
    await stream.from(Readable.from([bytes.subarray(0, 2), bytes.subarray(2)]))
    expect(transport.data('message').join('')).toBe('한글')
  })

  it('sends no faster than the client reads', async () => {
    const { transport, stream } = opened()
    let given = 0
    stream.comment()
    transport.fill()
    const done = stream.from(
      (function* () {
        while (given < 3) yield `${++given}`
      })(),
    )
    await endOfTurn()
    expect(given).toBe(1)
    transport.drain()
    await done
    expect(transport.data('message')).toEqual(['1', '2', '3'])
  })

  it('cancels the source when the client leaves, also while it is waiting for the next item', async () => {
    const { transport, stream } = opened()
    const readable = new Readable({ objectMode: true, read() {} })
    readable.push('first')
    const done = stream.from(readable)
    await vi.waitUntil(() => transport.data('message').length === 1)
    transport.leave()
    await done
    await vi.waitUntil(() => readable.destroyed)
  })

  it('settles when the client leaves while it is full', async () => {
    const { transport, stream } = opened()
    let cancelled = false
    stream.comment()
    transport.fill()
    const done = stream.from(
      (function* () {
        try {
          for (;;) yield 'x'
        } finally {
          cancelled = true
        }
      })(),
    )
    await endOfTurn()
    transport.leave()
    await done
    expect(cancelled).toBe(true)
  })

  it('settles when the client is found to have left within a write', async () => {
    const { transport, stream } = opened()
    const written = vi.spyOn(transport, 'write')
    written.mockImplementationOnce(() => true).mockImplementationOnce(() => true)
    written.mockImplementationOnce(() => {
      transport.leave()
      return false
    })
    let cancelled = false
    async function* words() {
      try {
        for (;;) yield 'x'
      } finally {
        cancelled = true
      }
    }
    await stream.from(words())
    expect(cancelled).toBe(true)
    expect(stream.signal.reason).toMatchObject({ code: 'client' })
  })

  it('rejects with an error of the source; if nothing awaits it, the error goes to onError', async () => {
    const onError = vi.fn()
    const hub = createHub({ onError })
    const broken = async function* () {
      yield 'one'
      throw new Error('source')
    }
    const stream = hub.stream(new RecordingTransport())
    await expect(stream.from(broken())).rejects.toThrow('source')
    void stream.from(broken())
    await vi.waitUntil(() => onError.mock.calls.length === 1)
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ message: 'source' }))
    expect(stream.closed).toBe(false)
  })

  it.each([
    ['a client that left', (_: SseStream, transport: RecordingTransport) => void transport.leave()],
    ['a stream that was closed', (stream: SseStream, _: RecordingTransport) => void stream.close()],
  ])('takes over a source whose error comes later, for %s', async (_, end) => {
    const { transport, stream } = opened()
    end(stream, transport)
    const missing = createReadStream('/missing/file')
    const failed = new Promise<void>((resolve) => missing.once('close', resolve))
    await stream.from(missing)
    await failed
    const untidy = new Readable({
      read() {},
      destroy: (_error, done) => setImmediate(done, new Error('later')),
    })
    const closed = new Promise<void>((resolve) => untidy.once('close', resolve))
    await stream.from(untidy)
    await closed
    expect(stream.closed).toBe(true)
  })

  it('handles the errors of a source even if the stream is refused or the hub is closed', async () => {
    const hub = createHub()
    const client = { key: undefined, admit: () => ({ status: 503, detail: 'full', retry: 1 }) as const }
    await hub.stream(new RecordingTransport(), { client }).from(createReadStream('/missing/file'))
    const stream = hub.stream(new RecordingTransport())
    await hub.close()
    await stream.from(createReadStream('/missing/file'))
    await endOfTurn()
  })

  it('cancels a source that cannot be sent', async () => {
    const { transport, stream } = opened()
    transport.open = () => {
      throw new Error('headers sent')
    }
    const readable = new Readable({ read() {} })
    await expect(stream.from(readable)).rejects.toThrow('headers sent')
    await vi.waitUntil(() => readable.destroyed)
  })

  it('leaves no listener behind, and keeps no sent items', async () => {
    const { stream } = opened()
    for (let call = 0; call < 1_000; call++) await stream.from(['x'])
    expect(getEventListeners(stream.signal, 'abort')).toHaveLength(0)
    const kept: WeakRef<object>[] = []
    const silent = createStream(new SilentTransport())
    const items = async function* () {
      for (let n = 0; n < 20_000; n++) {
        const item = { n }
        if (n % 100 === 0) kept.push(new WeakRef(item))
        yield item
        if (n === 19_999) await collected(kept)
      }
    }
    await silent.from(items())
  })

  it('yields to the event loop while it sends a source that is always ready', async () => {
    const silent = createStream(new SilentTransport())
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    const items = (function* () {
      while (ticks < 3) yield 'x'
    })()
    await silent.from(items)
    clearInterval(timer)
    expect(ticks).toBeGreaterThanOrEqual(3)
  })

  it.each([['a string'], [7], [null], [{}]])('refuses %j, which is not a source', async (source) => {
    const { stream } = opened()
    await expect(stream.from(source as never)).rejects.toMatchObject({ code: 'invalid-data', value: source })
  })
})

/** Resolves when almost all of the objects were garbage-collected while their source is still being read. */
async function collected(kept: readonly WeakRef<object>[]): Promise<void> {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  await vi.waitUntil(() => {
    collect()
    return kept.filter((item) => item.deref()).length < 10
  })
}
