/**
 * Reads `retry` fields off the bytes of an event stream (HTML standard, 9.2.6: "if the field value consists of only ASCII digits").
 *
 * EventSource keeps the reconnection time to itself, yet the supervisor, who does the reconnecting, must know it. The field is all ASCII
 * and a line ends at CR, LF or both, so any decoding that leaves ASCII alone will do.
 *
 * @returns a function to be given every chunk, in order; it holds at most the beginning of one line
 */
export function createRetryReader(found: (milliseconds: number) => void): (chunk: Uint8Array) => void {
  const decoder = new TextDecoder('latin1')
  // A byte order mark, in Latin-1: the standard takes one away at the start of a stream.
  let field = /^(?:\xEF\xBB\xBF)?retry: ?(\d{1,24})$/
  let line = ''
  return (chunk) => {
    const lines = (line + decoder.decode(chunk)).split(/[\r\n]/)
    line = lines.pop()!.slice(0, LONGEST)
    for (const ended of lines) {
      const digits = field.exec(ended)?.[1]
      if (digits) found(+digits)
      field = FIELD
    }
  }
}

const FIELD = /^retry: ?(\d{1,24})$/

/** Of a line that has not ended so much is kept: more than any time anybody means. */
const LONGEST = 32
