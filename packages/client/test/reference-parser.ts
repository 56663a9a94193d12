/** What an event stream says. */
export interface Parsed {
  readonly messages: readonly {
    readonly event: string
    readonly data: string
    readonly lastEventId: string
  }[]
  /** The last event ID at the end. */
  readonly lastEventId: string
  /** Every reconnection time, in order. */
  readonly retries: readonly number[]
}

/**
 * Parses a whole event stream, step by step as the HTML standard says it (9.2.6, "Interpreting an event stream"), without regard to speed. The
 * only difference: names of events are not compared with `message`, and an empty one becomes `message`.
 */
export function parseByTheStandard(bytes: Uint8Array, lastEventId: string): Parsed {
  // "Streams must be decoded using the UTF-8 decode algorithm", which strips one byte order mark.
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).replace(/^\uFEFF/, '')
  const messages: Parsed['messages'][number][] = []
  const retries: number[] = []
  let data = ''
  let event = ''
  /** "The last event ID buffer", which a block keeps until it is dispatched. */
  let idBuffer = lastEventId
  let id = lastEventId

  function dispatch(): void {
    id = idBuffer
    if (data === '') {
      event = ''
      return
    }
    messages.push({ event: event || 'message', data: data.replace(/\n$/, ''), lastEventId: id })
    data = event = ''
  }

  function process(field: string, value: string): void {
    if (field === 'event') event = value
    else if (field === 'data') data += `${value}\n`
    else if (field === 'id') {
      if (!value.includes('\0')) idBuffer = value
    } else if (field === 'retry' && /^[0-9]+$/.test(value)) retries.push(Number.parseInt(value, 10))
  }

  // The last piece has no end of line: it is discarded with the end of the file.
  for (const line of text.split(/\r\n|\n|\r/).slice(0, -1)) {
    const colon = line.indexOf(':')
    if (line === '') dispatch()
    else if (colon > 0) process(line.slice(0, colon), line.slice(colon + 1).replace(/^ /, ''))
    else if (colon < 0) process(line, '')
  }
  return { messages, lastEventId: id, retries }
}
