import type { IncomingMessage } from 'node:http'
import { SseError } from '@sse/core'
import { show } from '@sse/core/internal'

/** What a client says of the stream that it wants. All of it is untrusted. */

type ExpressRequest = IncomingMessage & { readonly originalUrl?: string }

/**
 * The cursor that a client brings: the header `Last-Event-ID` that EventSource sends when it reconnects, else the query parameter
 * `lastEventId`, for a first connect and for a new EventSource over the same stream. Of several parameters the first counts.
 */
export function lastEventIdOf(request: ExpressRequest): string | undefined {
  const header = request.headers['last-event-id']
  // Node hands header values over as Latin-1; the standard sends the id in UTF-8.
  if (typeof header === 'string' && header !== '') return Buffer.from(header, 'latin1').toString()
  const parameter = parametersOf(request).find(([name]) => name === 'lastEventId')
  return (parameter && decoded(parameter[1])) || undefined
}

/**
 * The channels that a client asks for when it connects: `?channels=a,b`, `?channels=a&channels=b` and `?channels[]=a&channels[]=b` are the
 * same. A comma that is percent-encoded belongs to the name, which makes it no name of a channel.
 */
export function askedChannelsOf(request: ExpressRequest): string[] {
  return parametersOf(request)
    .filter(([name]) => name === 'channels' || name === 'channels[]')
    .flatMap(([, value]) => value.split(',').map(decoded))
    .filter((name) => name !== '')
}

/**
 * Refuses parameters in a form that would be ignored, by which a client would miss events in silence.
 *
 * @throws {SseError} `invalid-cursor`, `invalid-channel`
 */
export function checkQuery(request: ExpressRequest): void {
  for (const [name] of parametersOf(request)) {
    if (name.startsWith('lastEventId[')) {
      throw new SseError(
        'invalid-cursor',
        `${show(name)} is not a known parameter: send lastEventId=… once.`,
        {
          value: name,
        },
      )
    }
    if (name.startsWith('channels[') && name !== 'channels[]') {
      throw new SseError(
        'invalid-channel',
        `${show(name)} is not a known parameter: send channels=a,b or channels[]=a.`,
        {
          value: name,
        },
      )
    }
  }
}

/**
 * Whether several tabs share the stream, which the header `Sse-Shared: 1` says, or the query parameter `shared=1` where no header can be
 * sent.
 */
export function isShared(request: ExpressRequest): boolean {
  const parameter = parametersOf(request).find(([name]) => name === 'shared')
  return request.headers['sse-shared'] === '1' || parameter?.[1] === '1'
}

/** How long a client waits for the answer to a poll, in milliseconds: `Prefer: wait=25` (RFC 7240, 4.3). */
export function waitOf(request: IncomingMessage): number {
  const header = [request.headers['prefer'] ?? []].flat().join(',')
  const seconds = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?=[,;]|$)/i.exec(header)?.[1]
  return Number(seconds ?? 0) * 1000
}

/**
 * Whether a client prefers one answer to a poll to a stream: it accepts JSON, and does not accept an event stream as well or better (RFC 9110,
 * 12.5.1). `application/json, text/plain` with any other type is what HTTP libraries send with every request, so it is a stream.
 */
export function isPoll({ headers: { accept } }: IncomingMessage): boolean {
  if (accept === undefined) return false
  return qualityOf('application/json', accept) > qualityOf('text/event-stream', accept)
}

/** How much a type is wanted, from 0 to 1, as the most specific range says that it matches. */
function qualityOf(type: string, accept: string): number {
  const ranges = [type, type.replace(/\/.*/, '/*'), '*/*']
  let [quality, best] = [0, ranges.length]
  // A quoted parameter may contain what separates ranges.
  for (const part of accept.replace(/"(?:[^"\\]|\\.)*"?/g, '').split(',')) {
    const [range = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase())
    const specificity = ranges.indexOf(range)
    if (specificity === -1 || specificity >= best) continue
    const weight = parameters.find((parameter) => /^q\s*=/.test(parameter))
    best = specificity
    quality = weight === undefined ? 1 : Number(weight.replace(/^q\s*=\s*/, '')) || 0
  }
  return quality
}

/** Whether the client sees a status other than 200, and understands a problem document (RFC 9457). A native EventSource does not. */
export function readsProblems(request: IncomingMessage): boolean {
  return (request.headers.accept ?? '').includes('application/problem+json')
}

/**
 * The parameters of the query, with the names decoded and the values not: commas in them have a meaning. Read off the URL as it came: the
 * app may have another query parser, or none.
 */
function parametersOf({ originalUrl, url = '' }: ExpressRequest): (readonly [name: string, value: string])[] {
  const whole = originalUrl ?? url
  const start = whole.indexOf('?')
  if (start === -1) return []
  const parameters = whole.slice(start + 1).split('&')
  return parameters.map((parameter) => {
    const [name = '', ...value] = parameter.split('=')
    return [decoded(name), value.join('=')]
  })
}

/** As URLSearchParams decodes (URL standard, 5.1): a plus is a space, and what is not UTF-8 is replaced. */
function decoded(text: string): string {
  if (!/[%+]/.test(text)) return text
  return new URLSearchParams(`x=${text.replaceAll('&', '%26')}`).get('x') ?? ''
}
