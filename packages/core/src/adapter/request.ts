import { show } from '../errors.ts'
import type { Exchange } from './exchange.ts'

type Asked = Pick<Exchange<unknown>, 'url' | 'header'>

/**
 * The cursor that a client brings. EventSource sends the header `Last-Event-ID` when it reconnects. The query parameter `lastEventId` is for a
 * first connect, and for a new EventSource that continues a stream. Of several parameters the first counts.
 */
export function lastEventIdOf(asked: Asked): string | undefined {
  const header = asked.header('last-event-id')
  // The standard sends the id in UTF-8, and a header is read as Latin-1.
  if (header) return Buffer.from(header, 'latin1').toString()
  if (!hasQuery(asked)) return undefined
  const parameter = parametersOf(asked).find(([name]) => name === 'lastEventId')
  return (parameter && decoded(parameter[1])) || undefined
}

/**
 * The channels that a client asks for when it connects: `?channels=a,b`, `?channels=a&channels=b` and `?channels[]=a&channels[]=b` are the
 * same. A percent-encoded comma belongs to the name, which is then not a valid channel.
 */
export function askedChannelsOf(asked: Asked): readonly string[] {
  if (!hasQuery(asked)) return none
  return parametersOf(asked)
    .filter(([name]) => name === 'channels' || name === 'channels[]')
    .flatMap(([, value]) => value.split(',').map(decoded))
    .filter((name) => name !== '')
}

/** The problem of a query with a misspelt parameter. If it were ignored, the client would miss events unnoticed. */
export function queryProblem(asked: Asked): string | undefined {
  if (!hasQuery(asked)) return undefined
  for (const [name] of parametersOf(asked)) {
    if (name.startsWith('lastEventId['))
      return `${show(name)} is not a known parameter: send lastEventId=… once.`
    if (name.startsWith('channels[') && name !== 'channels[]')
      return `${show(name)} is not a known parameter: send channels=a,b or channels[]=a.`
    if (name.startsWith('records[') && name !== 'records[]')
      return `${show(name)} is not a known parameter: send records=a,b or records=*.`
  }
  return undefined
}

/**
 * The records that a client lacks although it has a cursor, because its page is new: `?records=a,b` or the header `Sse-Records: a,b` names
 * channels, `*` all of them. Either one also says that the client understands `sse.record`, which names the record of the event after it.
 *
 * @param maxChannels of a stream; more names than that stand for all channels
 * @returns `undefined` if the client says nothing about records
 */
export function lackedRecordsOf(
  asked: Asked,
  maxChannels: number,
): { lacks(channel: string): boolean } | undefined {
  const header = asked.header('sse-records')
  if (header === undefined && !hasQuery(asked)) return undefined
  const parameters = parametersOf(asked).filter(([name]) => name === 'records' || name === 'records[]')
  if (header === undefined && parameters.length === 0) return undefined
  const texts = header === undefined ? parameters.map(([, value]) => value) : [header]
  const names = texts.flatMap((text) => text.split(','))
  const channels = new Set(names.map((name) => decoded(name.trim())))
  const isAll = names.length > maxChannels || channels.has('*')
  return { lacks: (channel) => isAll || channels.has(channel) }
}

/** Whether several tabs share the stream: the header `Sse-Shared: 1` says so, or `shared=1` in the query where no header can be sent. */
export function isShared(asked: Asked): boolean {
  if (asked.header('sse-shared') === '1') return true
  return hasQuery(asked) && parametersOf(asked).find(([name]) => name === 'shared')?.[1] === '1'
}

/** How long a client waits for the answer to a poll, in milliseconds: `Prefer: wait=25` (RFC 7240, 4.3). */
export function waitOf(asked: Asked): number {
  const header = asked.header('prefer') ?? ''
  const seconds = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?=[,;]|$)/i.exec(header)?.[1]
  return Number(seconds ?? 0) * 1000
}

/**
 * Whether a client polls: it accepts JSON, and does not accept an event stream as well or better (RFC 9110, 12.5.1). HTTP libraries send
 * `application/json, text/plain` and any other type with every request, so that is a stream.
 */
export function isPoll(asked: Asked): boolean {
  const accept = asked.header('accept')
  // What an EventSource sends.
  if (accept === undefined || accept === 'text/event-stream') return false
  return qualityOf('application/json', accept) > qualityOf('text/event-stream', accept)
}

/** The quality value of a type, from 0 to 1, by the most specific range that matches it. */
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
    quality = weight === undefined ? 1 : Math.max(0, Number(weight.replace(/^q\s*=\s*/, '')) || 0)
  }
  return quality
}

/**
 * Whether the client sees a status other than 200, and understands a problem document (RFC 9457). A native EventSource does not.
 *
 * @param accept the header `Accept`
 */
export function readsProblems(accept = ''): boolean {
  return accept.includes('application/problem+json')
}

const none: readonly never[] = []

/** Most streams ask for nothing. Then none of the code below runs, and V8 does not compile it. */
function hasQuery({ url }: Asked): boolean {
  return url.includes('?')
}

/**
 * The parameters of the query, with the names decoded and the values not: commas in them have a meaning. They are read from the URL as it
 * came, because the app may have another query parser, or none.
 */
function parametersOf({ url }: Asked): readonly (readonly [name: string, value: string])[] {
  const start = url.indexOf('?')
  if (start === -1) return none
  const parameters = url.slice(start + 1).split('&')
  return parameters.map((parameter) => {
    const [name = '', ...value] = parameter.split('=')
    return [decoded(name), value.join('=')]
  })
}

/** Decodes like URLSearchParams (URL standard, 5.1): a plus is a space, and invalid UTF-8 is replaced. */
function decoded(text: string): string {
  if (!/[%+]/.test(text)) return text
  return new URLSearchParams(`x=${text.replaceAll('&', '%26')}`).get('x') ?? ''
}
