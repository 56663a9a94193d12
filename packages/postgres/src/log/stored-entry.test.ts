import fc from 'fast-check'
import { expect, it } from 'vitest'
import { arrayOf, decodeEntry, encodeEntry } from './stored-entry.ts'

const text = fc.string({ unit: 'binary' })

it('an entry is decoded as it was encoded, and no text has a U+0000', () => {
  const event = fc.option(
    text.filter((name) => name !== 'sse.end'),
    { nil: undefined },
  )
  const record = fc.option(text, { nil: undefined })
  fc.assert(
    fc.property(fc.array(text, { minLength: 1 }), event, text, record, (channels, event, data, record) => {
      const stored = encodeEntry({ channels, event, data, record })
      expect([stored.header, stored.data, stored.record ?? ''].join('')).not.toContain('\0')
      const entry = { channels, event, data, ...(record !== undefined && { record }) }
      expect(decodeEntry(stored)).toEqual(entry)
    }),
  )
})

it('an array has a literal in which only quotes, backslashes and null are special', () => {
  expect(arrayOf(['a', 'a,b', '"', '\\', '{}', 'NULL', '', null])).toBe(
    '{"a","a,b","\\"","\\\\","{}","NULL","",NULL}',
  )
})
