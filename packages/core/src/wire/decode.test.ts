import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Decoder } from './decode.ts'
import { encode, encodeComment } from './encode.ts'

describe('Decoder', () => {
  it('gives back what was encoded, however it was cut', () => {
    const stream =
      encodeComment('hi') + encode({ event: 'a', id: '1', data: 'one\ntwo' }) + encode({ data: '', retry: 5 })
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length)), fc.constantFrom('\n', '\r\n', '\r'), (cuts, lineEnd) => {
        const text = stream.replaceAll('\n', lineEnd)
        const decoder = new Decoder()
        const ends = [...cuts.sort((a, b) => a - b), text.length]
        const items = ends.flatMap((end, index) => decoder.decode(text.slice(ends[index - 1] ?? 0, end)))
        // A lone CR at the very end may be half of a CRLF: the next byte tells.
        expect([...items, ...decoder.decode(':\n')].slice(0, 3)).toEqual([
          { type: 'comment', text: 'hi' },
          { type: 'event', event: 'a', data: 'one\ntwo', id: '1', retry: undefined },
          { type: 'event', event: 'message', data: '', id: '1', retry: 5 },
        ])
      }),
    )
  })
})
