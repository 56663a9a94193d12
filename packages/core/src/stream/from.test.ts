import { Readable } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import { endOfTurn } from '../end-of-turn.ts'
import { createHub } from '../hub/log-hub.ts'
import { createStream } from './create-stream.ts'
import { RecordingTransport } from './recording-transport.test-kit.ts'

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

  it('puts characters together that lie across two chunks of bytes', async () => {
    const { transport, stream } = opened()
    const bytes = Buffer.from('한글')
    await stream.from(Readable.from([bytes.subarray(0, 2), bytes.subarray(2)]))
    expect(transport.data('message').join('')).toBe('한글')
  })

  it('goes no faster than the client takes it', async () => {
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

  it('rejects with what the source throws; unawaited, that goes to onError', async () => {
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

  it.each([['a string'], [7], [null], [{}]])('refuses %j, which is no source', async (source) => {
    const { stream } = opened()
    await expect(stream.from(source as never)).rejects.toMatchObject({ code: 'invalid-data', value: source })
  })
})
