import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { setUp, take } from '../../test/client.ts'
import { type Parsed, parseByTheStandard } from '../../test/reference-parser.ts'
import { createStreamParser } from './stream.ts'

/** How many random streams: `SSE_STREAMS=50000` for more. Run a failing one again with SSE_SEED. */
const STREAMS = Number(process.env['SSE_STREAMS'] ?? 2000)
const seed = Number(process.env['SSE_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** What the client makes of the same bytes, in chunks of a size. */
function parse(bytes: Uint8Array, cursor: string, size: number): Parsed {
  const messages: { event: string; data: string; lastEventId: string }[] = []
  const retries: number[] = []
  let lastEventId = cursor
  const parse = createStreamParser(
    { cursor, maxEventBytes: 1_000_000 },
    {
      receive(message) {
        lastEventId = message.lastEventId
        // How a block is told that only moves the cursor.
        if (message.event !== 'sse.ping') messages.push(message)
      },
      retry: (milliseconds) => retries.push(milliseconds),
    },
  )
  for (let at = 0; at < bytes.length; at += size) parse(bytes.subarray(at, at + size))
  return { messages, lastEventId, retries }
}

const utf8 = (text: string) => [...new TextEncoder().encode(text)]

const BOM = [0xef, 0xbb, 0xbf]

/** Pieces that streams are made of, and bytes that are nothing. */
const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('\n', '\r', '\r\n', '\n\n', '\r\r', '\r\n\r\n').map(utf8) },
  {
    weight: 6,
    arbitrary: fc.constantFrom('data', 'event', 'id', 'retry', 'data:', 'event:', 'id:', 'retry:').map(utf8),
  },
  {
    weight: 6,
    arbitrary: fc.constantFrom('data: a', 'id: 7', 'id:', 'id', 'event: tick', 'retry: 25').map(utf8),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(' ', ':', '  ', 'x', '1', '25', 'é', '🦆', 'ï»¿', '\uFFFD').map(utf8),
  },
  { weight: 2, arbitrary: fc.constantFrom(BOM, [...BOM, ...BOM], [0xef], [0xef, 0xbb], [0], [0xf0, 0x9f]) },
  { weight: 1, arbitrary: fc.array(fc.nat(255), { maxLength: 4 }) },
)

const stream = fc
  .tuple(
    fc.constantFrom([], BOM, [...BOM, ...BOM], [0xef, 0xbb]),
    fc.array(piece, { maxLength: 60, size: 'max' }),
  )
  .map(([start, pieces]) => Uint8Array.from([...start, ...pieces.flat()]))

it(`${STREAMS} random streams mean what the HTML standard says, ids included (SSE_SEED=${seed})`, () => {
  let messages = 0
  fc.assert(
    fc.property(stream, fc.constantFrom('', 'before'), (bytes, cursor) => {
      const expected = parseByTheStandard(bytes, cursor)
      messages += expected.messages.length
      for (const size of [1, 2, 3, 7, Number.POSITIVE_INFINITY])
        expect(parse(bytes, cursor, size)).toEqual(expected)
    }),
    { seed, numRuns: STREAMS },
  )
  expect(messages).toBeGreaterThan(STREAMS / 4)
})

describe('ids', () => {
  it('of a block without data, and of an event nobody listens for, move the cursor', async () => {
    const { client, server, reach, clock } = await setUp({ polls: false })
    client.connect()
    const stream = await server.next()
    const last = take(client, 'message', 1)
    stream.open('id: 1\ndata: a\n\n')
    await last
    stream.write('id: 5\n\n')
    await expect.poll(() => client.lastEventId).toBe('5')
    stream.write('event: unheard\nid: 6\ndata: x\n\n')
    await expect.poll(() => client.lastEventId).toBe('6')
    stream.destroy()
    await reach('waiting')
    clock.advance(1000)
    expect((await server.next()).headers['last-event-id']).toBe('6')
  })

  it('that are empty clear a cursor that was brought', async () => {
    const { client, server } = await setUp({ lastEventId: '7' })
    client.connect()
    const stream = await server.next()
    stream.open('id:\n\n')
    await expect.poll(() => client.lastEventId).toBe('')
    client.reconnect()
    expect((await server.next()).headers['last-event-id']).toBeUndefined()
  })
})

it('of two byte order marks one is left, as the standard says, so the first line is an unknown field', async () => {
  const { client, server } = await setUp()
  const heard = take(client, 'message', 1)
  client.connect()
  ;(await server.next()).open('\uFEFF\uFEFFdata: a\ndata: b\n\n')
  expect(await heard).toEqual(['b'])
})

describe('an event of more than maxEventBytes', () => {
  it.each([
    ['a line without end', `data: ${'x'.repeat(2000)}`],
    ['an event without end', 'data: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n'.repeat(60)],
    ['an event in one piece', `data: ${'x'.repeat(2000)}\n\n`],
    ['few characters of many bytes', `data: ${'🦆'.repeat(300)}\n\n`],
    ['a name without end', `event: ${'x'.repeat(2000)}`],
  ])('ends the attempt: %s', async (_, text) => {
    const { client, server, reach } = await setUp({ maxEventBytes: 1000 })
    const heard = take(client, 'message', 1)
    client.connect()
    const stream = await server.next()
    stream.open('data: before\nid: 1\n\n')
    expect(await heard).toEqual(['before'])
    stream.write(text)
    expect((await reach('waiting')).error.code).toBe('overflow')
    await stream.closed
    expect(client.lastEventId).toBe('1')
  })

  it('is not one that has as many', async () => {
    const { client, server } = await setUp({ maxEventBytes: 1000 })
    client.connect()
    const heard = take(client, 'message', 2)
    ;(await server.next()).open(
      `data: ${'x'.repeat(1000)}\n\n:${'y'.repeat(5000)}\n\ndata: ${'é'.repeat(500)}\n\n`,
    )
    expect(await heard).toEqual(['x'.repeat(1000), 'é'.repeat(500)])
  })
})
