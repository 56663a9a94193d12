import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Decoder } from './decode.ts'
import { encode, encodeComment } from './encode.ts'

/** The default fields of an event in these tables. */
const event = { type: 'event', event: 'message', id: '', retry: undefined }

describe('Decoder', () => {
  it('decodes what was encoded, however the chunks are split', () => {
    const stream =
      encodeComment('hi') + encode({ event: 'a', id: '1', data: 'one\ntwo' }) + encode({ data: '', retry: 5 })
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length)), fc.constantFrom('\n', '\r\n', '\r'), (cuts, lineEnd) => {
        const text = stream.replaceAll('\n', lineEnd)
        const decoder = new Decoder()
        const ends = [...cuts.sort((a, b) => a - b), text.length]
        const items = ends.flatMap((end, index) => decoder.decode(text.slice(ends[index - 1] ?? 0, end)))
        expect(items).toEqual([
          { type: 'comment', text: 'hi' },
          { type: 'event', event: 'a', data: 'one\ntwo', id: '1', retry: undefined },
          { type: 'event', event: 'message', data: '', id: '1', retry: 5 },
        ])
      }),
    )
  })

  it('dispatches at a CR without waiting for a possible LF', () => {
    const decoder = new Decoder()
    expect(decoder.decode('data: 1\r\r')).toEqual([{ ...event, data: '1' }])
    expect(decoder.decode('\n')).toEqual([])
    expect(decoder.decode('')).toEqual([])
    expect(decoder.decode('data: 2\r\n\r')).toEqual([{ ...event, data: '2' }])
    expect(decoder.decode('\ndata: 3\n\n')).toEqual([{ ...event, data: '3' }])
  })

  it.each([
    ['a field without a colon has an empty value', 'data\ndata\n\n', [{ ...event, data: '\n' }]],
    ['one space after the colon is taken off', 'data:  x \n\n', [{ ...event, data: ' x ' }]],
    ['an event without data is none', 'event: a\nid: 7\n\ndata: x\n\n', [{ ...event, id: '7', data: 'x' }]],
    ['an empty name is message', 'event:\ndata: x\n\n', [{ ...event, data: 'x' }]],
    [
      'an id stays until another comes',
      'id: 1\ndata:\n\ndata:\n\n',
      [
        { ...event, id: '1', data: '' },
        { ...event, id: '1', data: '' },
      ],
    ],
    [
      'an empty id resets it',
      'id: 1\ndata:\n\nid\ndata:\n\n',
      [
        { ...event, id: '1', data: '' },
        { ...event, data: '' },
      ],
    ],
    ['an id with U+0000 is none', 'id: 1\0\ndata:\n\n', [{ ...event, data: '' }]],
    ['a reconnection time without an event', 'retry: 10\n\n', [{ type: 'retry', retry: 10 }]],
    ['a reconnection time is digits', 'retry: 1.5\nretry: -1\nretry: \n\n', []],
    ['unknown fields are skipped', 'Data: x\nfoo: x\n data: x\n\n', []],
    ['what is not ended by a blank line is none', 'data: x\n', []],
  ])('%s', (_, text, items) => {
    expect(new Decoder().decode(text)).toEqual(items)
  })

  it('reads a line of megabytes in linear time', () => {
    const decoder = new Decoder()
    const chunk = 'x'.repeat(65_536)
    decoder.decode('data: ')
    for (let n = 0; n < 160; n++) expect(decoder.decode(chunk)).toEqual([])
    expect(decoder.decode('\n\n')).toEqual([{ ...event, data: chunk.repeat(160) }])
  })
})
