import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type ServerProcess, startServer } from '@sse/testbed/server-process'
import { expect, it } from 'vitest'
import type { Census, Command } from './leaks.server.ts'

/** Of a hundred connections. `SSE_FAULTS=long` is what `test:faults` runs. */
const batches = process.env['SSE_FAULTS'] ? 100 : 15
/** Objects of Node's own that may be more after thousands of connections than after a hundred: it keeps the last ones for a while. */
const few = 10

/** Bytes of the heap: half a kilobyte for each connection would be a leak that no census of objects sees. The rest is noise. */
const maxGrowth = batches * 100 * 500 + 500_000

/** One way in which streams come to their end. */
interface Way {
  readonly path: string
  /** Connections of each batch. */
  readonly count: number
  /** Header fields beside `Host`. */
  readonly headers?: Readonly<Record<string, string>>
  /** What the hub counts such an end as; nothing when the stream never opens. */
  readonly counted?: 'client' | 'closed' | 'expired' | 'disconnected' | 'answered'
  /** Opens and ends, all at once. */
  play(visits: readonly Visit[], server: ServerProcess): Promise<unknown>
}

const opened = 'event: sse.open'
/** How a response of unknown length ends. */
const lastChunk = '\r\n0\r\n\r\n'

const ways: Readonly<Record<string, Way>> = {
  'leaves while the handler awaits something': {
    path: '/late',
    count: 5,
    play: leaveAfter('102 Processing'),
  },
  'is cut between subscribing and opening': {
    path: '/cut',
    count: 10,
    play: (visits) => each(visits, ({ closed }) => closed),
  },
  'is told to stay away': {
    path: '/refused',
    count: 5,
    play: leaveAfter('204 No Content'),
  },
  'is refused, as a page of another site': {
    path: '/lasting',
    headers: { Origin: 'https://evil.example' },
    count: 5,
    play: leaveAfter('403 Forbidden'),
  },
  'is refused for what it asks': {
    path: '/lasting?channels=a%2Cb',
    count: 5,
    play: leaveAfter('400 Bad Request'),
  },
  'is polled': {
    path: '/lasting?channels=open,other',
    headers: { Accept: 'application/json' },
    count: 10,
    counted: 'answered',
    play: leaveAfter('"cursor"'),
  },
  'joins and leaves channels, and leaves': {
    path: '/lasting?channels=open:1',
    count: 6,
    counted: 'client',
    async play(visits, server) {
      await each(visits, async (visit) => {
        await visit.seen('event: sse.channels')
        const body = { stream: visit.stream, subscribe: ['open:2', 'other'], unsubscribe: ['open:1'] }
        const response = await fetch(`http://127.0.0.1:${server.port}/lasting`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', Connection: 'close' },
          body: JSON.stringify(body),
        })
        expect(await response.json()).toMatchObject({ refused: ['other'] })
        visit.leave()
      })
    },
  },
  'leaves after the opening': {
    path: '/lasting',
    count: 10,
    counted: 'client',
    play: leaveAfter(opened),
  },
  'leaves in the midst of a source': {
    path: '/from',
    count: 10,
    counted: 'client',
    play: leaveAfter('data: x'),
  },
  'leaves while it takes nothing': {
    path: '/flooded',
    count: 4,
    counted: 'client',
    async play(visits, server) {
      await each(visits, async (visit) => {
        await visit.seen(opened)
        visit.pause()
      })
      await server.ask({ flood: visits.length } satisfies Command)
      for (const visit of visits) visit.leave()
    },
  },
  'is closed': {
    path: '/closed',
    count: 10,
    counted: 'closed',
    play: leaveAfter(lastChunk),
  },
  expires: {
    path: '/expiring',
    count: 10,
    counted: 'expired',
    play: leaveAfter(lastChunk),
  },
  'is disconnected by its key': {
    path: '/lasting?key=left',
    count: 10,
    counted: 'disconnected',
    async play(visits, server) {
      await each(visits, (visit) => visit.seen(opened))
      await server.ask({ disconnect: 'left' } satisfies Command)
      await leaveAfter(lastChunk)(visits)
    },
  },
}

it('more than a thousand opens, polls, joins, leaves and refusals leave no stream, reader, listener, timer, socket or entry behind', async () => {
  const server = await startServer(new URL('leaks.server.ts', import.meta.url), {
    nodeOptions: ['--disable-warning=ExperimentalWarning'],
  })
  await playBatch(server)
  const before = await server.ask<Census>({ census: true } satisfies Command)
  for (let done = 0; done < batches; done++) await playBatch(server)
  const after = await server.ask<Census>({ census: true } satisfies Command)

  expect(after.streams).toBe(0)
  expect(after.stats).toMatchObject({ streams: 0, channels: 0, gaps: 0, errors: 0 })
  expect(after.objects).toMatchObject({ Stream: 0, AbortSignal: 0 })
  for (const [name, count] of Object.entries(before.objects)) {
    expect(after.objects[name], name).toBeLessThan(count + few)
  }
  const grown = after.heap - before.heap
  console.info(`${batches * 100} connections: the heap grew by ${(grown / 1_048_576).toFixed(1)} MiB`)
  expect(grown).toBeLessThan(maxGrowth)
  expect(after.timers).toBe(before.timers)
  expect(after.resources).toEqual(before.resources)
  expect(after.listeners).toBe(before.listeners)

  const { opened, closed, entries } = after.stats
  expect(closed).toMatchObject(endsOf(1 + batches))
  expect(Object.values(closed).reduce((sum, count) => sum + count, 0)).toBe(opened)
  expect(entries).toBe(after.entries)
  expect(after.sources.cancelled).toBe(after.sources.begun)
}, 300_000)

/** How many streams have come to which end after so many batches. */
function endsOf(batches: number): Record<string, number> {
  const ends: Record<string, number> = { client: 0, closed: 0, expired: 0, disconnected: 0, answered: 0 }
  for (const { counted, count } of Object.values(ways)) if (counted) ends[counted]! += batches * count
  return ends
}

/** A hundred connections at once, which come to their ends in all ways. */
async function playBatch(server: ServerProcess): Promise<void> {
  await Promise.all(
    Object.values(ways).map((way) => {
      const visits = Array.from(
        { length: way.count },
        (_, index) => new Visit(server.port, way, index % 2 === 0),
      )
      return way.play(visits, server)
    }),
  )
}

function each<T>(visits: readonly Visit[], act: (visit: Visit) => Promise<T>): Promise<T[]> {
  return Promise.all(visits.map(act))
}

function leaveAfter(text: string): (visits: readonly Visit[]) => Promise<unknown> {
  return (visits) =>
    each(visits, async (visit) => {
      await visit.seen(text)
      visit.leave()
    })
}

/** A client that knows nothing but its socket, and so can leave at any time and in any way. */
class Visit {
  readonly closed: Promise<unknown>
  readonly #socket: Socket
  readonly #inOrder: boolean
  #received = ''

  /** @param inOrder whether it leaves with a FIN, else with a RST */
  constructor(port: number, { path, headers = {} }: Way, inOrder: boolean) {
    this.#socket = connect(port, '127.0.0.1').setEncoding('latin1')
    this.#inOrder = inOrder
    this.closed = once(this.#socket, 'close').catch(() => {})
    this.#socket.on('error', () => {})
    this.#socket.on('data', (chunk: string) => {
      this.#received += chunk
    })
    const fields = Object.entries({ Host: 'localhost', ...headers }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    )
    this.#socket.write(`GET ${path} HTTP/1.1\r\n${fields.join('')}\r\n`)
  }

  /** The id of its stream, which it has been told. */
  get stream(): string | undefined {
    return /"stream":"([^"]+)"/.exec(this.#received)?.[1]
  }

  /** Resolves when it has received this text. @throws when the connection ends before */
  seen(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => this.#received.includes(text) && resolve()
      look()
      this.#socket.on('data', look)
      this.#socket.once('close', () => reject(new Error(`Closed before “${text}”: ${this.#received}`)))
    })
  }

  pause(): void {
    this.#socket.pause()
  }

  leave(): void {
    if (this.#inOrder) this.#socket.destroy()
    else this.#socket.resetAndDestroy()
  }
}
