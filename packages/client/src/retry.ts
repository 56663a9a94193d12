/**
 * Reads `retry` fields off the bytes of an event stream (HTML standard, 9.2.6: "if the field value consists of only ASCII digits").
 *
 * EventSource keeps the reconnection time to itself, yet the supervisor, who does the reconnecting, must know it.
 *
 * @returns a function to be given every chunk, in order; it holds at most the beginning of one line
 */
export function createRetryReader(found: (milliseconds: number) => void): (chunk: Uint8Array) => void {
  // Takes a byte order mark away, as the standard does.
  const decoder = new TextDecoder()
  let line = ''
  return (chunk) => {
    const lines = (line + decoder.decode(chunk, { stream: true })).split(/[\r\n]/)
    line = lines.pop()!.slice(0, LONGEST)
    for (const ended of lines) {
      const digits = /^retry: ?(\d{1,24})$/.exec(ended)?.[1]
      if (digits) found(+digits)
    }
  }
}

/** Of a line that has not ended so much is kept: more than any time anybody means. */
const LONGEST = 32
