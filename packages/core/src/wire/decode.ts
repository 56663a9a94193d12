/** One thing that a stream said. */
export type StreamItem =
  | {
      readonly type: 'event'
      /** The event's name; `message` where the stream named none. */
      readonly event: string
      readonly data: string
      /** The last event id as of this event, as EventSource would report it. */
      readonly id: string
      /** The reconnection time that came with it, in milliseconds. */
      readonly retry: number | undefined
    }
  | { readonly type: 'retry'; readonly retry: number }
  | { readonly type: 'comment'; readonly text: string }

/**
 * An event stream as its items, by the rules of the HTML standard (9.2.6), for text of any chunking. Besides what the standard
 * dispatches it yields comments, and reconnection times that came without an event.
 */
export class Decoder {
  /** What the last chunk said of a line that it did not end. */
  #rest = ''
  #endedByCr = false
  #fields: { event?: string; data?: string; retry?: number } = {}
  #id = ''

  /** The items that this text completes. */
  decode(text: string): StreamItem[] {
    return [...this.#decode(text)]
  }

  *#decode(text: string): Generator<StreamItem> {
    // A CR ends its line at once; an LF that comes with the next chunk is the rest of that line end.
    const lines = (this.#endedByCr ? text.replace(/^\n/, '') : text).split(lineEnd)
    if (text !== '') this.#endedByCr = text.endsWith('\r')
    lines[0] = this.#rest + lines[0]
    this.#rest = lines.pop()!
    for (const line of lines) {
      if (line === '') yield* this.#dispatch()
      else if (line.startsWith(':')) yield { type: 'comment', text: line.slice(1).replace(/^ /, '') }
      else this.#field(line)
    }
  }

  #field(line: string): void {
    const colon = line.indexOf(':')
    const name = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'event') this.#fields.event = value
    else if (name === 'data')
      this.#fields.data = this.#fields.data === undefined ? value : `${this.#fields.data}\n${value}`
    else if (name === 'id' && !value.includes('\0')) this.#id = value
    else if (name === 'retry' && /^[0-9]+$/.test(value)) this.#fields.retry = Number(value)
  }

  *#dispatch(): Generator<StreamItem> {
    const { event, data, retry } = this.#fields
    this.#fields = {}
    if (data !== undefined) yield { type: 'event', event: event || 'message', data, id: this.#id, retry }
    else if (retry !== undefined) yield { type: 'retry', retry }
  }
}

const lineEnd = /\r\n|\n|\r/
