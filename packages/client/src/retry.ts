/**
 * Reads `retry` fields off the bytes of an event stream (HTML standard, 9.2.6: "if the field value consists of only ASCII digits").
 *
 * EventSource keeps the reconnection time to itself, yet the supervisor, who does the reconnecting, must know it. The field is all ASCII
 * and a line ends at CR, LF or both, so bytes are enough: no decoding, and of any other line only its first bytes are looked at closely.
 *
 * @returns a function to be given every chunk, in order; it holds at most the beginning of one line
 */
export function createRetryReader(found: (milliseconds: number) => void): (chunk: Uint8Array) => void {
  let line = ''
  let hopeful = true
  let bom = BOM
  return (chunk) => {
    for (const byte of chunk) {
      if (byte === LF || byte === CR) {
        const digits = /^retry: ?(\d+)$/.exec(line)?.[1]
        if (digits !== undefined) found(Number(digits))
        line = bom = ''
        hopeful = true
      } else if (hopeful) {
        line += String.fromCharCode(byte)
        if (line === bom) line = bom = ''
        else hopeful = line.length < LONGEST && (isBeginning(line) || bom.startsWith(line))
        if (!hopeful) line = ''
      }
    }
  }
}

const LF = 10
const CR = 13
/** U+FEFF in UTF-8: the standard takes one away at the start of a stream. */
const BOM = '\xEF\xBB\xBF'
/** No time of more digits than this is meant. */
const LONGEST = 24

const isBeginning = (line: string) => 'retry: '.startsWith(line) || /^retry: ?\d+$/.test(line)
