/** One item of an event stream. */
export type StreamItem =
  | {
      readonly type: 'event'
      /** The event's name; `message` if the stream gave no name. */
      readonly event: string
      readonly data: string
      /** The last event id at this event, as EventSource reports it. */
      readonly id: string
      /** The reconnection time in the same block, in milliseconds. */
      readonly retry: number | undefined
    }
  | { readonly type: 'retry'; readonly retry: number }
  | { readonly type: 'comment'; readonly text: string }

/**
 * Parses an event stream into items by the rules of the HTML standard (9.2.6 “Interpreting an event stream”). Chunks may end anywhere. It
 * also yields comments, and reconnection times without an event, which the standard does not dispatch.
 */
export class Decoder {
  /** The line that the last chunk did not complete. */
  #incompleteLine = ''
  #endedByCr = false
  #fields: { event?: string; data?: string; retry?: number } = {}
  #id = ''

  /** The items that this text completes. */
  decode(text: string): StreamItem[] {
    return [...this.#decode(text)]
  }

  *#decode(text: string): Generator<StreamItem> {
    // A CR ends its line at once. If the next chunk begins with an LF, the LF belongs to the same line end.
    const lines = (this.#endedByCr ? text.replace(/^\n/, '') : text).split(lineEnd)
    if (text !== '') this.#endedByCr = text.endsWith('\r')
    lines[0] = this.#incompleteLine + lines[0]
    this.#incompleteLine = lines.pop()!
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
