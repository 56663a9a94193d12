import { createParser, type EventSourceMessage } from 'eventsource-parser'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SseError } from '../errors.ts'
import { encode, encodeComment, type SseEvent } from './encode.ts'

/** The events that a client dispatches, by an independent parser. */
function parsed(text: string) {
  const events: EventSourceMessage[] = []
  const comments: string[] = []
  const retries: number[] = []
  const errors: unknown[] = []
  const parser = createParser({
    onEvent: (event) => events.push(event),
    onComment: (comment) => comments.push(comment),
    onRetry: (retry) => retries.push(retry),
    onError: (error) => errors.push(error),
  })
  parser.feed(text)
  return { events, comments, retries, errors }
}

const anyText = fc.string({ unit: 'binary', maxLength: 50 })
const trickyText = fc
  .array(fc.constantFrom('\r', '\n', '\r\n', ' ', ':', 'data:', 'id: 9', 'é한', '\0', '\ufeff', 'x'))
  .map((parts) => parts.join(''))
const text = fc.oneof(anyText, trickyText).filter((value) => value.isWellFormed())
const fieldText = text.map((value) => value.replace(/[\r\n\0]/g, ''))
const eventName = fieldText.filter(
  (name) => name !== '' && !['open', 'error'].includes(name) && !name.startsWith('sse.'),
)
const id = fieldText.filter((value) => !/[\p{Cc}]/u.test(value) && Buffer.byteLength(value) <= 64)
const normalized = (value: string) => value.replace(/\r\n|\r/g, '\n')

describe('encode', () => {
  it('writes the fields as the standard names them, each with one space', () => {
    expect(encode({ id: '7', event: 'greeting', retry: 3000, data: { hello: 'world' } })).toBe(
      'id: 7\nevent: greeting\nretry: 3000\ndata: {"hello":"world"}\n\n',
    )
  })

  it('gives a client exactly one event with the same fields', () => {
    fc.assert(
      fc.property(
        text,
        fc.option(eventName, { nil: undefined }),
        fc.option(id, { nil: undefined }),
        (data, event, id) => {
          const { events, errors } = parsed(encode({ data, event, id }))
          expect(errors).toEqual([])
          expect(events).toEqual([
            { data: normalized(data), event: event, id: id === undefined ? undefined : id },
          ])
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('gives a client the same value for any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const [event] = parsed(encode({ data: value })).events
        const expected = typeof value === 'string' ? normalized(value) : JSON.stringify(value)
        expect(event?.data).toBe(expected)
      }),
    )
  })

  it('never lets a value start a field of its own', () => {
    fc.assert(
      fc.property(
        fc.record({ event: fc.anything(), id: fc.anything(), retry: fc.anything(), data: fc.anything() }),
        (event) => {
          let encoded: string
          try {
            encoded = encode(event as SseEvent)
          } catch (error) {
            expect(error).toBeInstanceOf(SseError)
            return
          }
          const { events, retries } = parsed(encoded)
          expect(events).toHaveLength(1)
          expect(retries).toHaveLength(event.retry === undefined ? 0 : 1)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it.each(['a\nb', 'a\rb', 'a\0b', '\n'])('refuses %j in an event name and in an id', (value) => {
    expect(() => encode({ event: value, data: '' })).toThrow(
      expect.objectContaining({ code: 'invalid-event', value }),
    )
    expect(() => encode({ id: value, data: '' })).toThrow(
      expect.objectContaining({ code: 'invalid-id', value }),
    )
  })

  it.each(['open', 'error', 'sse.open', 'sse.'])('refuses the event name %j, which is reserved', (event) => {
    expect(() => encode({ event, data: '' })).toThrow(
      expect.objectContaining({ code: 'invalid-event', value: event }),
    )
  })

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '3'])('refuses %j as retry', (retry) => {
    expect(() => encode({ retry: retry as number })).toThrow(
      expect.objectContaining({ code: 'invalid-retry', value: retry }),
    )
  })

  it('keeps empty data, a leading space, the id 0 and the data 0', () => {
    expect(parsed(encode({ data: '' })).events[0]?.data).toBe('')
    expect(parsed(encode({ data: ' x' })).events[0]?.data).toBe(' x')
    expect(parsed(encode({ data: 0, id: 0 })).events[0]).toMatchObject({ data: '0', id: '0' })
  })
})

describe('encodeComment', () => {
  it('never dispatches an event, whatever its text is', () => {
    fc.assert(
      fc.property(text, (comment) => {
        const { events, comments, errors } = parsed(encodeComment(comment))
        expect(events).toEqual([])
        expect(errors).toEqual([])
        expect(comments.join('\n')).toBe(normalized(comment))
      }),
    )
  })
})
