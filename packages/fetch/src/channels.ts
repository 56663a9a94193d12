import { type AnyEvents, type EventMap, type HubForAdapters, SseError } from '@sse/core'
import { show } from '@sse/core/internal'
import type { OwnHeaders } from './exchange.ts'
import { type OpenStream, type Served, servedBy, servedOf } from './sse.ts'

/** Bytes of a body, at most. */
const maxBytes = 262_144

/** Answers a request that changes the channels of an open stream. */
export type ChannelsHandler = (request: Request, own?: OwnHeaders) => Promise<Response>

/**
 * The handler by which a client changes the channels of its open stream, by POST. It takes `{ "stream", "subscribe": […], "unsubscribe": […] }`,
 * asks the `authorize` of the hub's `sse()`, and answers `{ "channels", "refused" }`. The stream is told the same, as `sse.channels`. Only the
 * key that opened a stream may change it. Without keys, every client that knows its id may. Any process of the broker may hold the stream.
 *
 * Answers 400 for what it cannot read (413 for a body of more than 256 kB, 415 for one in an encoding), 403 for a page of another site, 404 if
 * the stream does not exist (or not for this key).
 *
 * @param open which `sse()` decides, if the hub has several
 * @throws {SseError} `invalid-option`
 */
export function channels<E extends EventMap = AnyEvents>(
  hub: HubForAdapters<E>,
  open?: OpenStream<E>,
): ChannelsHandler
export function channels(hub: HubForAdapters, open?: OpenStream): ChannelsHandler {
  if (typeof hub?.changeChannels !== 'function') {
    const message = `channels(hub) takes the hub that createHub() returns, not ${show(hub)}.`
    throw new SseError('invalid-option', message, { value: hub })
  }
  const given = open && servedBy.get(open)
  if (open !== undefined && !given) {
    const message = `channels(hub, open) takes what sse({ hub }) returns, not ${show(open)}.`
    throw new SseError('invalid-option', message, { value: open })
  }
  return async function channels(request, own) {
    const { endpoint, exchangeOf } = given ?? onlyOneOf(hub)
    const exchange = exchangeOf(request, own)
    exchange.answerAll(await endpoint.changeChannels(hub, exchange, () => readJson(request)))
    return exchange.response
  }
}

/** @throws {SseError} `invalid-option` */
function onlyOneOf(hub: object): Served {
  const [served, other] = servedOf.get(hub) ?? []
  if (served && !other) return served
  const message = served
    ? 'This hub has several sse({ hub }): write channels(hub, open) with the one whose authorize decides.'
    : 'channels(hub) needs an sse() of this hub: const open = sse({ hub, authorize }).'
  throw new SseError('invalid-option', message)
}

/** The body as JSON; `undefined` if it is of another type. @throws (rejected) an error with a `status` */
async function readJson({ headers, body, bodyUsed }: Request): Promise<unknown> {
  const type = headers.get('Content-Type') ?? ''
  if (!/^application\/json\s*(;|$)/i.test(type)) return undefined
  const [, charset = 'utf-8'] = /;\s*charset="?([^\s";]+)/i.exec(type) ?? []
  // RFC 8259, 8.1.
  if (!/^utf-?8$/i.test(charset)) throw unreadable(415, `unsupported charset ${show(charset)}`)
  const encoding = headers.get('Content-Encoding') || 'identity'
  if (encoding !== 'identity') throw unreadable(415, `unsupported content encoding ${show(encoding)}`)
  if (bodyUsed) throw unreadable(500, 'it was read before, so call channels(hub) before anything reads it')
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw unreadable(413, `it has more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString())
}

function unreadable(status: number, message: string): Error {
  return Object.assign(new Error(message), { status })
}
