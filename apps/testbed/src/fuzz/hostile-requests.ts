import fc from 'fast-check'
import { requestOf } from './exchange.ts'

/** Stands for the head of the log, which is known when the request is made. */
export const headOfLog = '<head>'

/** A request for a stream, as bytes: one character, one byte. */
export interface StreamRequest {
  readonly method: 'GET' | 'HEAD'
  readonly version: '1.0' | '1.1'
  readonly query: string
  readonly headers: readonly (readonly [string, string])[]
}

/** A posted body, and what is said of it. */
export interface PostedBody {
  /** JSON, in which `<stream>` stands for the id of an open stream; or any text. */
  readonly body: string
  readonly type: string | undefined
  readonly encoding: string | undefined
  /** Whether fewer bytes come than were announced. */
  readonly truncated: boolean
}

const characters = (codes: fc.Arbitrary<number>, maxLength: number) =>
  fc.string({ unit: codes.map((code) => String.fromCharCode(code)), maxLength })
const anyBytes = characters(fc.integer({ min: 0, max: 255 }), 20)
/** RFC 9110, 5.5. */
const fieldText = characters(
  fc.oneof(fc.integer({ min: 32, max: 126 }), fc.integer({ min: 128, max: 255 }), fc.constant(9)),
  30,
)
const escapedBytes = fc
  .uint8Array({ maxLength: 12 })
  .map((bytes) => Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''))

/** Pieces put together, mostly; else other text that may be there, and now and then any bytes at all. */
function piecesOf(pieces: readonly string[], other: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const joined = fc.array(fc.constantFrom(...pieces), { maxLength: 6 }).map((all) => all.join(''))
  return often(14, joined, fc.oneof({ weight: 4, arbitrary: other }, { weight: 1, arbitrary: anyBytes }))
}

/** So many times as often one as the other. */
function often<T>(weight: number, usual: fc.Arbitrary<T>, unusual: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: unusual })
}

const prototypeNames = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
const utf8 = (text: string) => Buffer.from(text).toString('latin1')
const numbered = (count: number, name: string) => Array.from({ length: count }, (_, index) => name + index)

const cursors = [headOfLog, '0123456789abcdef-1', '0123456789abcdef-01', 'x'.repeat(65), utf8('커서')]
const cursorPieces = ['0', '-', ' ', '\t', ',', '"', '\x80', '\xff', '\xed\xa0\x80', utf8('é😀')]
const types = ['text/event-stream', 'application/json', 'application/problem+json', '*/*', 'text/*']
const accepts = [...types.slice(0, 2), 'text/event-stream, application/problem+json']
const preferPieces = 'wait=|wait|=|25|0|9999999999|"|,|;| |-1|1e9|lenient'.split('|')

const cursor = fc.oneof(
  often(20, fc.constantFrom(...cursors), fc.constant('x'.repeat(9_000))),
  piecesOf([...cursorPieces, ...prototypeNames], fieldText),
)
const accept = fc.oneof(
  fc.constantFrom(...accepts),
  piecesOf([...types, ',', ', ', ';q=', ';', '=', '0', '0.5', '1', '"', '\\', ...prototypeNames], fieldText),
)
const prefer = fc.oneof(
  fc.constantFrom('wait=0', 'wait=25', 'wait=999999999'),
  piecesOf(preferPieces, fieldText),
)

const fields = fc.oneof(
  fc.tuple(fc.constantFrom('Last-Event-ID', 'last-event-id'), cursor),
  fc.tuple(fc.constant('Accept'), accept),
  fc.tuple(fc.constant('Prefer'), prefer),
)
const originFields = fc.tuple(fc.constantFrom('Origin', 'Sec-Fetch-Site', 'X-Forwarded-Host'), fieldText)

const queryNames = [
  ...'lastEventId[]|channels[]|channels[__proto__]|channels[0][0]|'.split('|'),
  ...prototypeNames,
]
const queryValues = ['open', 'open:1,other', 'open,open,openly', '%ED%95%9C', numbered(64, 'open').join(',')]
const badQueryValues = ['boom', 'open,boom', 'sse:control', 'x'.repeat(300), numbered(70, 'open').join(',')]
const escapes = ['%', '%0', '%0d%0aid:%209', '%00', '%ff', '%ed%a0%80', '%F0%9F%98%80', '%2C', '%26']
const queryPieces = [...escapes, '+', 'open', 'open:1', ',', '=', '#', '?', '[]', ';', '/', ...prototypeNames]

const queryName = often(4, fc.constantFrom('lastEventId', 'channels'), fc.constantFrom(...queryNames))
const queryValue = fc.oneof(
  often(20, fc.constantFrom(headOfLog, ...queryValues, ...badQueryValues), fc.constant('x'.repeat(18_000))),
  piecesOf(queryPieces, escapedBytes),
)
const query = fc
  .array(fc.tuple(queryName, queryValue), { maxLength: 4 })
  .map((all) => all.map(([name, value]) => `${name}=${value}`).join('&'))

export const streamRequest: fc.Arbitrary<StreamRequest> = fc.record({
  method: often(12, fc.constant('GET'), fc.constant('HEAD')),
  version: fc.constantFrom('1.1', '1.1', '1.0'),
  query,
  headers: fc.array(often<readonly [string, string]>(20, fields, originFields), { maxLength: 4 }),
})

/** What goes over the wire. */
export function bytesOf({ method, version, query, headers }: StreamRequest, head: string): string {
  const at = (text: string) => text.replaceAll(headOfLog, head)
  const fields = headers.map(([name, value]) => [name, at(value)] as const)
  return requestOf(`${method} /events?${at(query)} HTTP/${version}`, fields)
}

/** Its parts that may be anything. */
export function textsOf({ query, headers }: StreamRequest): readonly string[] {
  return [query, ...headers.map(([, value]) => value)]
}

/** As in any query, for the text of one name or value. */
const decoded = (text: string) => new URLSearchParams(`x=${text.replaceAll('&', '%26')}`).get('x') ?? ''

/** What the client asks for: its cursor, by the header before the query, and its channels; and whether it asks in a form that is not read. */
export function askedBy(
  { query, headers }: StreamRequest,
  head: string,
): { cursor: string | undefined; channels: string[]; unread: boolean } {
  const parameters = query
    .replaceAll(headOfLog, head)
    .split('&')
    .map((text) => [decoded(text.replace(/=.*/s, '')), text.replace(/^[^=]*=?/, '')] as const)
  const values = headers
    .filter(([name]) => name.toLowerCase() === 'last-event-id')
    .map(([, value]) => value.replaceAll(headOfLog, head))
  // Repeated, they are one: RFC 9110, 5.3. Around a value there may be white space, which is none of it: 5.5.
  const header = values.map((value) => value.replace(/^[ \t]+|[ \t]+$/g, '')).join(', ')
  const parameter = decoded(parameters.find(([name]) => name === 'lastEventId')?.[1] ?? '')
  const cursor = header === '' ? parameter : Buffer.from(header, 'latin1').toString()
  const channels = parameters
    .filter(([name]) => name === 'channels' || name === 'channels[]')
    .flatMap(([, value]) => value.split(',').map(decoded))
  const unread = parameters.some(([name]) => /^lastEventId\[|^channels\[(?!\]$)/.test(name))
  return { cursor: cursor || undefined, channels: channels.filter(Boolean), unread }
}

const channelNames = ['open', 'open:1', 'open:2', 'other', 'news']
const badNames = ['boom', 'sse:control', '', 'a\nb', 'x'.repeat(257), '\ud800', ...prototypeNames]
const channels: fc.Arbitrary<unknown> = often(
  6,
  fc.oneof(fc.constantFrom(...channelNames), fc.array(fc.constantFrom(...channelNames), { maxLength: 4 })),
  fc.oneof(
    fc.array(fc.constantFrom(...channelNames, ...badNames), { maxLength: 4 }),
    fc.constantFrom(numbered(64, 'open:'), numbered(70, 'open:')),
    fc.jsonValue(),
  ),
)
/** Not that of another hub: the one that is asked would wait for it. */
const strangers: unknown[] = ['<stream>x', '', null, 7, [], ['<stream>'], ...prototypeNames]
const stream = often<unknown>(6, fc.constant('<stream>'), fc.constantFrom(...strangers))
const change = fc
  .record({ stream, subscribe: channels, unsubscribe: channels }, { requiredKeys: ['stream'] })
  .map((all) => JSON.stringify(all))
const jsonPieces = '{ } "stream" : "<stream>" , null [ ] {"__proto__":{"stream":"<stream>"}}'.split(' ')
const bigBodies = [
  '['.repeat(100_000),
  `{"stream":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
  `{"stream":"<stream>","subscribe":"${'x'.repeat(300_000)}"}`,
]
const otherBody = fc.oneof(fc.json(), piecesOf(jsonPieces, fieldText), fc.constantFrom('', ...bigBodies))
const otherTypes = [
  undefined,
  ...'|__proto__|text/plain|application/x-www-form-urlencoded|multipart/form-data'.split('|'),
  ...'application/json; charset=iso-8859-1|application/json; charset="|application/JSON;charset=UTF-8'.split(
    '|',
  ),
]
const encodings = ['gzip', 'br', 'deflate', 'identity', 'nonsense', '']

export const postedBody: fc.Arbitrary<PostedBody> = fc.record({
  body: often(5, change, otherBody),
  type: often<string | undefined>(12, fc.constant('application/json'), fc.constantFrom(...otherTypes)),
  encoding: often<string | undefined>(16, fc.constant(undefined), fc.constantFrom(...encodings)),
  truncated: often<boolean>(16, fc.constant(false), fc.constant(true)),
})

/** What goes over the wire. */
export function postOf({ body, type, encoding, truncated }: PostedBody, stream: string): string {
  const bytes = body.replaceAll('<stream>', stream)
  const headers: [string, string][] = [['Content-Length', String(bytes.length + (truncated ? 10 : 0))]]
  if (type !== undefined) headers.push(['Content-Type', type])
  if (encoding !== undefined) headers.push(['Content-Encoding', encoding])
  return requestOf('POST /events HTTP/1.1', headers, bytes)
}
