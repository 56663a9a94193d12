import { describe, expect, it, onTestFinished } from 'vitest'
import { createSseClient, type SseClient, type SseClientOptions } from '../src/index.ts'
import { createTestClock, type TestClock } from '../src/testing/index.ts'
import { connections, reach } from '../test/client.ts'
import { createRawServer, type RawExchange } from './raw-server.ts'
import { BOM, END, type Heard, heardOf, inChunks, names, shapes } from './shapes.ts'

/*
 * The contract of the HTML standard (9.2), against a server on a bare socket: what LaunchDarkly's harness asks of every client, and what
 * implementations are known to get wrong.
 */

interface Break extends SseClientOptions {
  /** Comes with the last message that is heard, after it. */
  readonly rest?: string
}

interface Bed {
  readonly client: SseClient
  readonly clock: TestClock
  readonly heard: Heard[]
  readonly next: () => Promise<RawExchange>
  readonly waiting: () => number
  /** Waits for this message, which ends a test. */
  until(data: string): Promise<void>
}

async function setUpClient(options: SseClientOptions = {}): Promise<Bed> {
  const server = await createRawServer()
  const clock = createTestClock()
  const client = createSseClient(server.url, { clock, parse: 'text', polls: false, ...options })
  onTestFinished(() => client.close())
  const heard: Heard[] = []
  for (const name of names) {
    client.on(name, (data, { event, id }) => heard.push({ event, data, id }))
  }
  client.connect()
  const until = (data: string) =>
    new Promise<void>((resolve) => {
      client.on('message', (now) => now === data && resolve())
    })
  return { client, clock, heard, next: server.next, waiting: server.waiting, until }
}

const bytesOf = (text: string) => new TextEncoder().encode(text)

/** The same bytes in chunks of a size. */
function sendIn(exchange: RawExchange, text: string, size: number): void {
  for (const chunk of inChunks(text, size)) exchange.chunk(chunk)
}

describe.each(connections)('over $name', ({ EventSource, seesBytes }) => {
  const setUp = (options: SseClientOptions = {}) => setUpClient({ EventSource, ...options })

  describe.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('lines that end in %s', (_, lineEnd) => {
    describe.each([
      ['one chunk', Number.POSITIVE_INFINITY],
      ['chunks of one byte', 1],
      ['chunks of two bytes', 2],
      ['chunks of three bytes', 3],
      ['chunks of seven bytes', 7],
    ])('in %s', (_, size) => {
      it.each(shapes)('%s', async (_, stream, events) => {
        const { heard, next, until } = await setUp()
        const ended = until('the end')
        const exchange = await next()
        exchange.open()
        sendIn(exchange, `${stream}${END}`.replaceAll('\n', lineEnd), size)
        await ended
        expect(heard).toEqual(heardOf(events))
      })
    })
  })

  describe('chunks', () => {
    it('that part a CRLF make no empty line', async () => {
      const { heard, next, until } = await setUp()
      const ended = until('the end')
      const exchange = await next()
      exchange.open()
      for (const part of ['data: a\r', '\ndata: b\r', '\n\r', '\n', END]) exchange.chunk(bytesOf(part))
      await ended
      expect(heard.map(({ data }) => data)).toEqual(['a\nb', 'the end'])
    })

    it('that part a character', async () => {
      const { heard, next, until } = await setUp()
      const ended = until('the end')
      const exchange = await next()
      exchange.open()
      sendIn(exchange, `data: 🦆🦆\n\n${END}`, 7)
      await ended
      expect(heard[0]?.data).toBe('🦆🦆')
    })

    it.each([5, 10])('of a message of %i MB', async (megabytes) => {
      const { heard, next, until } = await setUp()
      const ended = until('the end')
      const data = 'x'.repeat(megabytes * 1024 * 1024)
      const exchange = await next()
      exchange.open()
      sendIn(exchange, `data: ${data}\n\n${END}`, 65_536)
      await ended
      expect(heard[0]?.data === data).toBe(true) // not `toBe`: a failure would print it
    })

    it('that bring a thousand messages keep their order', async () => {
      const { heard, next, until } = await setUp()
      const ended = until('the end')
      const exchange = await next()
      exchange.open()
      const messages = Array.from({ length: 1000 }, (_, n) => `message ${n}`)
      sendIn(exchange, `${messages.map((data) => `data: ${data}\n\n`).join('')}${END}`, 1000)
      await ended
      expect(heard.slice(0, -1).map(({ data }) => data)).toEqual(messages)
    })
  })

  describe('over connections', () => {
    /** Sends a stream, waits until its last message is heard, breaks off after one more, and gives the request that follows. */
    async function afterBreak(stream: string, { rest = '', ...options }: Break = {}) {
      const bed = await setUp(options)
      const ended = bed.until('the end')
      const blockEnded = bed.until('the block')
      const exchange = await bed.next()
      exchange.open()
      exchange.chunk(bytesOf(stream))
      await ended
      exchange.chunk(bytesOf(`data: the block\n\n${rest}`))
      await blockEnded
      exchange.destroy()
      await reach(bed.client, 'waiting')
      bed.clock.advance(1000)
      return { ...bed, again: await bed.next() }
    }

    it('the id of the last message is sent', async () => {
      const { again } = await afterBreak(`id: abc\n${END}`)
      expect(again.headers.get('last-event-id')).toBe('abc')
    })

    it('it is kept over messages without an id', async () => {
      const { again } = await afterBreak(`id: abc\ndata: Hello\n\n${END}`)
      expect(again.headers.get('last-event-id')).toBe('abc')
    })

    it('an empty id clears it', async () => {
      const { again } = await afterBreak(`id: abc\ndata: Hello\n\nid:\n${END}`)
      expect(again.headers.has('last-event-id')).toBe(false)
    })

    if (seesBytes) {
      it.each([
        ['of a block without data', 'id: 5\n\n'],
        ['of an event that nobody listens for', 'event: unheard\nid: 5\ndata: x\n\n'],
      ])('an id %s counts', async (_, block) => {
        const { again } = await afterBreak(`id: 1\n${END}`, { rest: block })
        expect(again.headers.get('last-event-id')).toBe('5')
      })

      it('an empty id clears one that was brought', async () => {
        const { again } = await afterBreak(`id:\n${END}`, { lastEventId: 'abc' })
        expect(again.headers.has('last-event-id')).toBe(false)
      })
    } else {
      it('an id of a block without data is hidden, and the one before it is sent', async () => {
        const { again } = await afterBreak(`id: 1\n${END}`, { rest: 'id: 5\n\n' })
        expect(again.headers.get('last-event-id')).toBe('1')
      })
    }

    it('an id that was given is sent with the first', async () => {
      const { next } = await setUp({ lastEventId: 'abc' })
      expect((await next()).headers.get('last-event-id')).toBe('abc')
    })

    it('the partial last message is discarded, and so is its id', async () => {
      const { again, heard, until } = await afterBreak(`id: abc\n${END}`, {
        rest: 'id: def\ndata: partial\n',
      })
      expect(again.headers.get('last-event-id')).toBe('abc')
      const ended = until('second')
      again.open()
      again.chunk(bytesOf('data: second\n\n'))
      await ended
      expect(heard.map(({ data }) => data)).toEqual(['the end', 'the block', 'second'])
    })

    it('the first bytes of the new one may be a byte order mark', async () => {
      const { again, until } = await afterBreak(END)
      const ended = until('second')
      again.open()
      again.chunk(bytesOf(`${BOM}data: second\n\n`))
      await ended
    })

    it('the head is that of an event stream', async () => {
      const { next } = await setUp()
      const { line, headers } = await next()
      expect(line).toBe('GET / HTTP/1.1')
      expect(headers.get('accept')).toMatch(/^text\/event-stream/)
      expect(headers.get('cache-control')).toBe('no-cache')
      expect(headers.has('last-event-id')).toBe(false)
    })

    it.each([301, 302, 307, 308])('%i is followed', async (status) => {
      const { next, until } = await setUp()
      const ended = until('the end')
      ;(await next()).write(`HTTP/1.1 ${status} Away\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n`)
      const exchange = await next()
      expect(exchange.line).toBe('GET /other HTTP/1.1')
      exchange.open()
      exchange.chunk(bytesOf(END))
      await ended
    })

    it.each([301, 307])('%i to nowhere is an error, and no loop', async (status) => {
      const { client, next, waiting } = await setUp()
      ;(await next()).write(`HTTP/1.1 ${status} Away\r\nContent-Length: 0\r\n\r\n`)
      expect(await reach(client, 'closed')).toMatchObject({ reason: 'rejected', error: { status } })
      expect(waiting()).toBe(0)
    })

    it('204 is the end', async () => {
      const { client, clock, next, waiting } = await setUp()
      ;(await next()).write('HTTP/1.1 204 No Content\r\n\r\n')
      expect(await reach(client, 'closed')).toMatchObject({ reason: 'ended' })
      clock.advance(3_600_000)
      expect(waiting()).toBe(0)
    })

    it.each(['text/event-stream', 'text/event-stream; charset=utf-8', 'Text/Event-Stream;charset=x'])(
      '%s is an event stream',
      async (type) => {
        const { client, next } = await setUp()
        ;(await next()).write(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n\r\n`)
        await reach(client, 'open')
      },
    )

    it.each(['text/event-streamx', 'text/plain', ''])('%j is none', async (type) => {
      const { client, next } = await setUp()
      ;(await next()).write(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n\r\n`)
      expect(await reach(client, 'closed')).toMatchObject({ reason: 'rejected' })
    })
  })
})
