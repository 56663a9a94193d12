import { expect } from 'vitest'
import { channelsOf } from './contract.ts'
import type { Answer } from './exchange.ts'
import { askedBy, bytesOf, type PostedBody, type StreamRequest, textsOf } from './hostile-requests.ts'
import { streamOf } from './streams.ts'

/** What the contract says of requests to an app that grants the channels that begin with `open`, and fails at `boom`. */

const maxChannels = 64

/** Whether an answer to a request for `news` is the one that it must get. */
export function judge(request: StreamRequest, head: string, answer: Answer): void {
  const { status, headers, body } = answer
  const type = headers['content-type']
  if (request.method === 'HEAD') expect(body).toBe('')
  // What is no HTTP is refused by Node.
  if (type === undefined) {
    expect([400, 431]).toContain(status)
    expect(mayBeNoHttp(request, head)).toBe(true)
    return
  }
  if (request.method === 'HEAD' || hasLineEnd(request)) return
  if (status === 403) {
    expect(request.headers.some(([name]) => name === 'Origin' || name === 'Sec-Fetch-Site')).toBe(true)
    return
  }
  const { cursor, channels, unread } = askedBy(request, head)
  const hasComma = channels.some((name) => name.includes(','))
  if (unread || hasComma || channelsOf(channels) === undefined || channels.length > maxChannels) {
    expect(JSON.parse(body)).toMatchObject({ status: 400, detail: expect.stringContaining('.') })
  } else if (channels.includes('boom')) {
    if (status === 503) expect(JSON.parse(body)).toMatchObject({ status })
    else expect(streamOf(answer)).toMatchObject({ events: [], comments: [expect.stringMatching(/^503 /)] })
  } else if (type.startsWith('application/json')) judgePoll(JSON.parse(body), { cursor, channels, head })
  else judgeStream(answer, { cursor, channels, head })
}

interface Asked {
  readonly cursor: string | undefined
  readonly channels: readonly string[]
  readonly head: string
}

function judgeStream(answer: Answer, { cursor, channels, head }: Asked): void {
  const { events, retries } = streamOf(answer)
  expect(retries).toHaveLength(1)
  const missed = cursor !== undefined && cursor !== head
  const names = ['sse.open', channels.length > 0 && 'sse.channels', missed && 'sse.gap'].filter(Boolean)
  expect(events.map(({ event }) => event).slice(0, names.length)).toEqual(names)
  const published = events.slice(names.length)
  // What looks like the cursor of a log that is gone is given all there is.
  if (missed && /^[0-9a-f]{16}-/.test(cursor)) expect(published.length).toBeGreaterThan(0)
  else expect(published).toHaveLength(1)
  for (const { event, data, id } of published) {
    expect({ event, data }).toEqual({ event: undefined, data: 'marker' })
    expect(id).toMatch(/^[0-9a-f]{16}-[0-9]+$/)
  }
  const dataOf = (name: string) => JSON.parse(events.find(({ event }) => event === name)!.data)
  expect(dataOf('sse.open')).toMatchObject({ resumed: cursor === undefined ? null : !missed })
  if (missed) expect(withoutSpaces(dataOf('sse.gap').requested)).toBe(withoutSpaces(cursor.slice(0, 256)))
  if (channels.length > 0) expect(dataOf('sse.channels')).toEqual(verdictOn(channels))
}

function judgePoll(document: Record<string, unknown>, { cursor, channels, head }: Asked): void {
  const marker = { id: expect.any(String), event: 'message', data: 'marker' }
  const missed = cursor !== undefined && cursor !== head
  const { events, gap, ...rest } = document
  for (const event of events as readonly unknown[]) expect(event).toEqual(marker)
  expect(rest).toEqual({
    cursor: expect.stringMatching(/^[0-9a-f]{16}-\d+$/),
    ...(channels.length > 0 && { channels: verdictOn(channels) }),
  })
  expect(gap !== undefined).toBe(missed)
  if (missed) {
    const { reason, requested } = gap as { reason: unknown; requested: string }
    expect(reason).toEqual(expect.any(String))
    expect(withoutSpaces(requested)).toBe(withoutSpaces(cursor.slice(0, 256)))
  }
}

/** A field that comes twice and is empty is `, ` to Node and `,` to a web request: spaces around a value are not part of it (RFC 9110, 5.5). */
function withoutSpaces(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '')
}

/** What `sse.channels` says of channels that were asked for when the stream was opened. */
function verdictOn(asked: readonly string[]) {
  const channels = new Set(['news'])
  const [refused, excess] = [new Set<string>(), new Set<string>()]
  for (const name of asked) {
    if (!name.startsWith('open')) refused.add(name)
    else if (channels.size < maxChannels || channels.has(name)) channels.add(name)
    else excess.add(name)
  }
  return { channels: [...channels], refused: [...refused, ...excess] }
}

/** A line end in it ends a field, and begins whatever follows. */
function hasLineEnd(request: StreamRequest): boolean {
  return textsOf(request).some((text) => /[\r\n]/.test(text))
}

/** Whether Node may refuse it: for characters that no request line or field has, or for its length. */
function mayBeNoHttp(request: StreamRequest, head: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const control = /[\0-\x08\x0a-\x1f\x7f]/
  const bytes = bytesOf(request, head)
  return (
    bytes.length > 16_000 ||
    textsOf(request).some((text) => control.test(text)) ||
    /[^!-~]/.test(request.query)
  )
}

/**
 * The channels that a stream must be on after a body was posted; `undefined` where it must be refused, `boom` where the app's own
 * `authorize` fails.
 */
export function changed(
  posted: PostedBody,
  stream: string,
  before: ReadonlySet<string>,
): ReadonlySet<string> | 'boom' | undefined {
  const body = bodyOf(posted, stream)
  if (typeof body?.['stream'] !== 'string') return undefined
  const [subscribe, unsubscribe] = [namesOf(body['subscribe']), namesOf(body['unsubscribe'])]
  if (!subscribe || !unsubscribe) return undefined
  // Nobody is asked about a stream that there is not.
  if (body['stream'] !== stream) return undefined
  if (subscribe.includes('boom')) return 'boom'
  const granted = subscribe.filter((name) => name.startsWith('open'))
  const stays = [...before].filter((name) => granted.includes(name) || !unsubscribe.includes(name))
  const after = new Set([...stays, ...granted])
  return after.size <= maxChannels ? after : undefined
}

function bodyOf(
  { body, type, encoding, truncated }: PostedBody,
  stream: string,
): Record<string, unknown> | undefined {
  const isJson = /^application\/json(;charset=utf-8|; charset=")?$/i.test(type ?? '')
  const isPlain = encoding === undefined || encoding === '' || encoding === 'identity'
  const text = Buffer.from(body.replaceAll('<stream>', stream), 'latin1').toString()
  if (truncated || !isJson || !isPlain || text.length > 262_144) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

function namesOf(value: unknown): readonly string[] | undefined {
  if (value === undefined) return []
  const names = channelsOf(Array.isArray(value) ? value : [value])
  const fits = names && names.length <= maxChannels && !names.some((name) => name.includes(','))
  return fits ? names : undefined
}
