import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Parse, parseData, parseEvent } from './event-data.ts'

describe('the default rule', () => {
  it('gives back every value but a string as JSON.stringify wrote it', () => {
    const values = fc.jsonValue().filter((value) => typeof value !== 'string')
    fc.assert(
      fc.property(values, (value) => {
        const text = JSON.stringify(value)
        expect(parseData(text)).toStrictEqual(JSON.parse(text))
      }),
    )
  })

  it('gives back a string that was sent as JSON', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => parseData(JSON.stringify(text)) === text))
  })

  it('gives any other text as the text it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const data = parseData(text)
        return data === text || JSON.stringify(data) === text || (typeof data === 'object' && data !== null)
      }),
    )
  })

  it.each([
    '',
    ' ',
    'hello',
    ' {"a":1}',
    '{"a":1}\n',
    '[1] ',
    '{a:1}',
    '{"a":1',
    '{}{}',
    '1.0',
    '007',
    '1e3',
    '-0',
    '+1',
    ' 1',
    '1 ',
    '0x10',
    '-',
    'NaN',
    'Infinity',
    '9007199254740993',
    'True',
    'nul',
    'undefined',
    '"open',
    "'a'",
    '"a" ',
    '"\\u0061"',
  ])('keeps %j as text', (text) => expect(parseData(text)).toBe(text))

  it.each([
    ['{ "a" : 1 }', { a: 1 }],
    ['[ ]', []],
    ['0', 0],
    ['-1.5', -1.5],
    ['1e+21', 1e21],
    ['true', true],
    ['null', null],
    ['"a b"', 'a b'],
  ])('turns %j back', (text, value) => expect(parseData(text)).toStrictEqual(value))

  it('makes no prototype of a key named __proto__', () => {
    const data = parseData('{"__proto__":{"admin":true}}') as Record<string, unknown>
    expect(data['admin']).toBeUndefined()
  })
})

const read = (text: string, event: string, parse: Parse) => parseEvent(text, event, { parse })

describe('parse', () => {
  it('reads everything as JSON, or tells why not', () => {
    expect(read(' 1.0 ', 'tick', 'json')).toEqual({ value: 1 })
    expect(read('hello', 'tick', 'json')).toEqual({ issues: [{ message: expect.stringContaining('JSON') }] })
  })

  it('leaves everything as text', () => expect(read('{"a":1}', 'tick', 'text')).toEqual({ value: '{"a":1}' }))

  it('asks a function, with the name of the event', () => {
    expect(read('a', 'tick', (text, event) => `${event}:${text}`)).toEqual({ value: 'tick:a' })
  })

  it('takes a rule for each name, and the default for the others', () => {
    const parse = { tick: 'text' } as const
    expect(read('1', 'tick', parse)).toEqual({ value: '1' })
    expect(read('1', 'tock', parse)).toEqual({ value: 1 })
  })

  it('finds no rule in the prototype', () => expect(read('1', 'constructor', {})).toEqual({ value: 1 }))
})
