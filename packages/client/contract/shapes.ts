/** A message as it must be heard. */
export interface Heard {
  readonly event: string
  readonly data: unknown
  readonly id: string
}

export const BOM = '\uFEFF'

export const NUL_IN_ID = 'an id with NUL, which is ignored'

/**
 * Messages and what must be heard of them, over every connection. Lines end in LF here, and in all three ways in the tests.
 */
export const shapes: readonly [name: string, stream: string, events: readonly Partial<Heard>[]][] = [
  ['a message of one line', 'data: Hello\n\n', [{ data: 'Hello' }]],
  ['two messages', 'data: Hello\n\ndata: World\n\n', [{ data: 'Hello' }, { data: 'World' }]],
  ['a message of two lines', 'data: Hello\ndata:World\n\n', [{ data: 'Hello\nWorld' }]],
  ['a message with empty lines of data', 'data:\ndata: a\ndata\n\n', [{ data: '\na\n' }]],
  ['empty data', 'data:\n\n', [{ data: '' }]],
  ['a field without a colon', 'data\n\ndata\ndata\n\n', [{ data: '' }, { data: '\n' }]],
  ['a type', 'event: greeting\ndata: Hello\n\n', [{ event: 'greeting', data: 'Hello' }]],
  [
    'a type with an outer space',
    'event:  greeting\ndata:  Hello\n\n',
    [{ event: ' greeting', data: ' Hello' }],
  ],
  ['an empty type', 'event:\ndata: Hello\n\n', [{ event: 'message', data: 'Hello' }]],
  ['a type without data, which is nothing', 'event: greeting\n\ndata: Hello\n\n', [{ data: 'Hello' }]],
  ['an id', 'id: abc\ndata: Hello\n\n', [{ id: 'abc', data: 'Hello' }]],
  [
    'fields in another order',
    'data: Hello\nid: abc\nevent: greeting\n\n',
    [{ event: 'greeting', id: 'abc', data: 'Hello' }],
  ],
  [
    'an id that is kept over a message without one',
    'id: abc\ndata: first\n\ndata: second\n\n',
    [
      { id: 'abc', data: 'first' },
      { id: 'abc', data: 'second' },
    ],
  ],
  [
    'an id that is cleared by an empty one',
    'id: abc\ndata: first\n\nid\ndata: second\n\n',
    [
      { id: 'abc', data: 'first' },
      { id: '', data: 'second' },
    ],
  ],
  [NUL_IN_ID, 'id: a\0bc\ndata: Hello\n\n', [{ id: '', data: 'Hello' }]],
  ['an unknown field', 'color: blue\ndata: Hello\n\n', [{ data: 'Hello' }]],
  ['fields in capitals, which are unknown', 'DATA: no\nData: no\ndata: Hello\n\n', [{ data: 'Hello' }]],
  ['comments', ': one\n:two\ndata: Hello\n: three\n\n:\n\n', [{ data: 'Hello' }]],
  ['a comment that looks like a field', ':data: no\ndata: Hello\n\n', [{ data: 'Hello' }]],
  ['characters of several bytes', 'data: €豆腐🦆\n\n', [{ data: '€豆腐🦆' }]],
  ['colons in the data', 'data: a:b: c\n\n', [{ data: 'a:b: c' }]],
  ['a byte order mark', `${BOM}data: Hello\n\n`, [{ data: 'Hello' }]],
  ['a byte order mark in the data', `data: a\n\ndata: ${BOM}b\n\n`, [{ data: 'a' }, { data: `${BOM}b` }]],
  ['many empty lines', '\n\n\n\ndata: Hello\n\n\n\n', [{ data: 'Hello' }]],
  ['retry beside data', 'retry: 5000\ndata: Hello\n\n', [{ data: 'Hello' }]],
]

/** Names that are listened for. */
export const names = ['message', 'greeting', ' greeting']

/** Ends every stream. CR at the very end may yet be half of a CRLF: what follows settles it. */
export const END = 'data: the end\n\n:\n'

/** What must be heard of a shape, its end with it. */
export function heardOf(events: readonly Partial<Heard>[]): Heard[] {
  const idBefore = (index: number) => events.slice(0, index).findLast((one) => one.id !== undefined)?.id ?? ''
  const all = [...events, { data: 'the end' }]
  return all.map((event, index) => ({ event: 'message', data: '', id: idBefore(index), ...event }))
}

/** Bytes in chunks of a size. */
export function* inChunks(text: string, size: number): Generator<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
