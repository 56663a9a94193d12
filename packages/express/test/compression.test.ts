import { openStream, type TestStream } from '@sse/express/testing'
import compression from 'compression'
import request from 'supertest'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHub, type Hub, type HubOptions, type SseOptions, sse } from '../src/index.ts'
import {
  bufferedBytes,
  compressionOptions,
  countWritten,
  encodings,
  fast,
  incompressible,
  waysToAllowTransforms,
} from './compression.ts'
import { expressVersions } from './express-versions.ts'
import { listening } from './listening.ts'

const KiB = 1024
const MiB = 1024 * KiB
/** Bytes of an event's data, where a client is to fall behind. */
const size = 60 * KiB

/** Milliseconds: on a machine that is busy with something else. */
const timeout = 60_000

describe.each(expressVersions)('behind compression on %s', { timeout }, (_, express) => {
  describe.each(compressionOptions)('%s', (_, options) => {
    it.each([
      ['before sse()', (own: Handler) => [compression(options), own]],
      ['after sse()', (own: Handler) => [own, compression(options)]],
    ])('%s, events arrive at once and as they are', async (_, inOrder) => {
      const hub = createHub()
      const app = express().use(...inOrder(sse({ hub })))
      app.get('/events', (_req, res) => void res.sse.subscribe('news'))
      using stream = await openStream(app, '/events', { headers: { 'Accept-Encoding': 'gzip, br' } })
      expect(stream.headers.get('Content-Encoding')).toBeNull()
      await deliversAtOnce(hub, stream)
    })
  })

  it('leaves to it what is no stream: pages and polls', async () => {
    const hub = createHub()
    const app = express().use(compression({ threshold: 0 }), sse({ hub }))
    app.get('/page', (_req, res) => void res.type('html').send('<p>hello</p>'))
    app.get('/events', (_req, res) => void res.sse.subscribe('news'))
    const page = await request(app).get('/page')
    expect(page.headers).toMatchObject({ 'content-encoding': 'gzip' })
    const poll = await request(app).get('/events').accept('application/json')
    expect(poll.headers).toMatchObject({ 'content-encoding': 'gzip' })
    expect(poll.body).toEqual({ events: [], cursor: hub.position })
  })

  describe.each(encodings)('that compresses the stream all the same, by %s', (encoding) => {
    const client = { headers: { 'Accept-Encoding': encoding } }
    const allowTransforms = waysToAllowTransforms[0]![1]

    /** An app, its clients, and how many bytes each of their streams has written. */
    async function opened(options: Pick<SseOptions, 'maxUnread' | 'stall'> & { hub?: HubOptions } = {}) {
      const { hub: hubOptions, ...sseOptions } = options
      const hub = createHub(hubOptions)
      const written = countWritten()
      const app = express().use(
        compression(fast),
        allowTransforms,
        written.middleware,
        sse({ hub, ...sseOptions }),
      )
      app.get('/sent', (_req, res) => void res.sse.comment('hello'))
      app.get('/news', (_req, res) => void res.sse.subscribe('news'))
      const server = await listening(app)
      onTestFinished(server.close)
      const connect = async (path: '/sent' | '/news') => {
        const received = await openStream(server.origin, path, client)
        return { received, stream: [...hub.streams].at(-1)! }
      }
      return { hub, written, connect }
    }

    it.each(
      waysToAllowTransforms.flatMap(([way, middleware]) =>
        compressionOptions.map(([name, options]) => ({ way, name, middleware, options })),
      ),
    )('events arrive at once ($name; no-transform is taken away $way)', async (given) => {
      const hub = createHub()
      const app = express().use(compression(given.options), given.middleware, sse({ hub }))
      app.get('/events', (_req, res) => void res.sse.subscribe('news'))
      using stream = await openStream(app, '/events', client)
      expect(stream.headers.get('Content-Encoding')).toBe(encoding)
      await deliversAtOnce(hub, stream)
      await hub.close({ retry: [1_000, 1_000] })
      expect((await stream.rest()).at(-1)).toMatchObject({ event: 'sse.close', retry: 1_000 })
    })

    it('what waits to be compressed counts as unread', async () => {
      const maxUnread = 512 * KiB
      const { connect } = await opened({ maxUnread })
      const { stream, received } = await connect('/sent')
      using _ = received
      let sent = 0
      // All in one turn, in which nothing can be compressed.
      while (!stream.closed && sent < 64 * MiB) {
        stream.send(incompressible(size))
        sent += size
      }
      expect(stream.signal.reason).toMatchObject({ name: 'AbortError', code: 'overflow' })
      // A turn may send more than may be unread later, but not the memory of the process.
      expect(sent).toBeGreaterThan(maxUnread)
      expect(sent).toBeLessThanOrEqual(64 * maxUnread + 2 * size)
    })

    it('a client that reads may be sent any amount', async () => {
      const { connect } = await opened({ maxUnread: 512 * KiB })
      const { stream, received } = await connect('/sent')
      using client = received
      const data = Array.from({ length: 96 }, (_, index) => `${index} ${incompressible(size)}`)
      const sent = stream.from(data)
      for (const text of data) expect((await client.next('message')).data === text).toBe(true)
      await sent
      expect(stream.closed).toBe(false)
    })

    it('a client that reads nothing is sent no more than fits on the way, and is cut off after stall', async () => {
      const { connect } = await opened({ stall: 400 })
      const { stream, received } = await connect('/sent')
      using _ = received
      let given = 0
      await stream.from(
        (function* () {
          while (given < 256 * MiB) {
            given += size
            yield incompressible(size)
          }
        })(),
      )
      expect(stream.signal.reason).toMatchObject({ name: 'AbortError', code: 'stalled' })
      expect(given).toBeLessThan(64 * MiB)
    })

    describe('beside a client that reads', () => {
      /** One client that reads, and one that does not yet; each event is published when the first has the one before. */
      async function clients(options: HubOptions) {
        const { hub, written, connect } = await opened({ hub: options })
        const { received: reader } = await connect('/news')
        const { received: slow, stream } = await connect('/news')
        await reader.next('sse.open')
        /** Until nothing more is written to the slow one. */
        const publishUntilBehind = async () => {
          const texts: string[] = []
          for (let before = -1; before !== written.bytes[1] && texts.length * size < 64 * MiB; ) {
            before = written.bytes[1]!
            for (let count = 0; count < 16; count++) {
              const text = incompressible(size)
              texts.push(text)
              await hub.publish('news', text)
              expect((await reader.next('message')).data === text).toBe(true)
            }
          }
          return texts
        }
        onTestFinished(() => {
          reader.close()
          slow.close()
        })
        return { hub, reader, slow, stream, written, publishUntilBehind }
      }

      it('one that falls behind its channels gets all of them when it reads on', async () => {
        const { slow, stream, written, publishUntilBehind } = await clients({ window: { bytes: 128 * MiB } })
        const texts = await publishUntilBehind()
        expect(written.bytes[1]).toBeLessThan(texts.length * size)
        for (const text of texts) expect((await slow.next('message')).data === text).toBe(true)
        expect(stream.closed).toBe(false)
      })

      it('one that never reads its channels takes no more memory, and is told of the gap', async () => {
        const { hub, reader, slow, stream, written, publishUntilBehind } = await clients({
          window: { bytes: MiB },
        })
        await publishUntilBehind()
        reader.close()
        const before = { buffered: bufferedBytes(), written: written.bytes[1] }
        const text = incompressible(8 * KiB)
        for (let count = 0; count < 4_096; count++) await hub.publish('news', text)
        expect(written.bytes[1]).toBe(before.written)
        expect(bufferedBytes() - before.buffered).toBeLessThan(MiB)
        expect(JSON.parse((await slow.next('sse.gap')).data)).toMatchObject({ reason: 'trimmed' })
        expect((await slow.next('message')).data).toBe(text)
        expect(stream.closed).toBe(false)
      })
    })
  })
})

type Handler = ReturnType<typeof sse>

/** Each event is published when the one before has arrived: held back, the next would never come. */
async function deliversAtOnce(hub: Hub, stream: TestStream): Promise<void> {
  await stream.next('sse.open')
  for (const text of ['one', 'two', 'three']) {
    await hub.publish('news', text)
    expect((await stream.next('message')).data).toBe(text)
  }
}
