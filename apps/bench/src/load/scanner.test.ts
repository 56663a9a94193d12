import { describe, expect, it } from 'vitest'
import { atDigits, eventsOf, leastBytes } from '../event.ts'
import { digits, Scanner } from './scanner.ts'

/** What the scanner finds in a stream that comes in parts. */
function found(parts: readonly Buffer[], bytes: number): { seq: number; at: number | undefined }[] {
  const scanner = new Scanner()
  scanner.expect(bytes)
  const events: { seq: number; at: number | undefined }[] = []
  for (const part of parts) {
    scanner.scan(part, (seq, where, at) =>
      events.push({ seq, at: at < 0 ? undefined : digits(where, at, atDigits) }),
    )
  }
  return events
}

const framings = {
  'an event stream': (json: string) => `data: ${json}\n\n`,
  'an event stream in chunks': (json: string) => `${(json.length + 9).toString(16)}\r\ndata: ${json}\n\n\r\n`,
  'an event stream with ids and names': (json: string) => `id: 1\nevent: message\ndata: ${json}\n\n`,
  'frames of a WebSocket': (json: string) => `\x81\x7e\x00\x00${json}`,
  'packets of Socket.IO': (json: string) => `\x81\x7e\x00\x0042["message",${json}]`,
  'nothing at all': (json: string) => json,
}

describe.each(Object.entries(framings))('in %s', (_, frame) => {
  const bytes = 200
  const make = eventsOf(bytes)
  const text = [7, 8, 10, 9, 9].map((seq) => frame(JSON.stringify(make(seq, seq * 1_000)))).join('')
  const stream = Buffer.from(text, 'latin1')
  const expected = [7, 8, 10, 9, 9].map((seq) => ({ seq, at: seq * 1_000 }))

  it('every event is found, in the order in which it came', () => {
    expect(found([stream], bytes)).toEqual(expected)
  })

  it('and wherever the stream is cut in two', () => {
    for (let cut = 1; cut < stream.length; cut++) {
      const events = found([stream.subarray(0, cut), stream.subarray(cut)], bytes)
      expect(events.map(({ seq }) => seq)).toEqual([7, 8, 10, 9, 9])
      // The time of an event is not known where it came in the part before.
      for (const { seq, at = seq * 1_000 } of events) expect(at).toBe(seq * 1_000)
    }
  })

  it('and when it comes byte by byte', () => {
    const parts = Array.from(stream, (byte) => Buffer.from([byte]))
    expect(found(parts, bytes).map(({ seq }) => seq)).toEqual([7, 8, 10, 9, 9])
  })
})

it('finds events after others of another size', () => {
  const scanner = new Scanner()
  const seen: number[] = []
  for (const [seq, bytes] of [
    [1, 2_000],
    [2, leastBytes],
    [3, 500],
  ] as const) {
    scanner.expect(bytes)
    scanner.scan(Buffer.from(`data: ${JSON.stringify(eventsOf(bytes)(seq, 0))}\n\n`), (each) =>
      seen.push(each),
    )
  }
  expect(seen).toEqual([1, 2, 3])
})

it('is not misled by what comes between events', () => {
  const json = JSON.stringify(eventsOf(200)(1, 0))
  const stream = Buffer.from(
    `:ok\n\ndata: ${json}\n\n: ping\n\nevent: sse.ping\nid: 1\ndata\n\ndata: ${json}\n\n`,
  )
  expect(found([stream], 200).map(({ seq }) => seq)).toEqual([1, 1])
})

it('events have the size that was asked for', () => {
  for (const bytes of [leastBytes, 200, 2_000]) {
    expect(JSON.stringify(eventsOf(bytes)(12_345, 1e12)).length).toBe(bytes)
  }
})
