import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRetryReader } from './retry.ts'

/** What is found in a stream that arrives in chunks of a size. */
function found(stream: string, size = Number.POSITIVE_INFINITY): number[] {
  const times: number[] = []
  const read = createRetryReader((time) => times.push(time))
  const bytes = new TextEncoder().encode(stream)
  for (let at = 0; at < bytes.length; at += size) read(bytes.subarray(at, at + size))
  return times
}

describe('the retry field', () => {
  it.each([
    ['a field', 'retry: 3000\n', [3000]],
    ['a field without the space', 'retry:3000\n', [3000]],
    ['CR and CRLF', 'retry: 1\rretry: 2\r\nretry: 3\n', [1, 2, 3]],
    ['between other fields', 'id: 1\nretry: 10\ndata: a\n\nretry: 20\n\n', [10, 20]],
    ['after a byte order mark', '\uFEFFretry: 7\n', [7]],
    ['leading zeros', 'retry: 007\n', [7]],
    ['a line that has not ended', 'retry: 3000', []],
    ['something but digits', 'retry: 3s\nretry: -1\nretry: 1.5\nretry:  2\nretry: 3 \nretry:\nretry\n', []],
    ['another field', ' retry: 1\nRetry: 1\nretryx: 1\ndata: retry: 1\n:retry: 1\n', []],
    ['a byte order mark further on', '\n\uFEFFretry: 7\n', []],
    ['endless digits', `retry: ${'9'.repeat(1000)}\n`, []],
  ])('%s', (_, stream, times) => {
    for (const size of [1, 2, 3, Number.POSITIVE_INFINITY]) expect(found(stream, size)).toEqual(times)
  })

  it('is found where the parser of EventSource finds it', () => {
    const piece = fc.constantFrom(
      'retry',
      'retry:',
      ' ',
      '1',
      '25',
      '\n',
      '\r',
      '\r\n',
      'data: a',
      ':',
      'é',
      '\uFEFF',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.integer({ min: 1, max: 9 }), (pieces, size) => {
        const stream = `${pieces.join('')}\n\n`
        const expected: number[] = []
        createParser({ onEvent() {}, onRetry: (time) => expected.push(time) }).feed(stream)
        expect(found(stream, size)).toEqual(expected)
      }),
    )
  })
})
