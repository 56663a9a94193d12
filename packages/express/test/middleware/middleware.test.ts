import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { openStream } from '@sse/express/testing'
import type { ErrorRequestHandler } from 'express'
import { afterEach, describe, expect, it } from 'vitest'
import { createHub, sse } from '../../src/index.ts'
import { expressVersions } from '../express-versions.ts'
import { type ListeningServer, listening } from '../listening.ts'
import { settings } from './middlewares.ts'

const cases = Object.keys(settings).flatMap((name) => [
  [name, 'in front'] as const,
  [name, 'behind'] as const,
])

describe.each(expressVersions)('on %s', (_, express) => {
  describe.each(cases)('%s %s', (name, position) => {
    const open: ListeningServer[] = []
    afterEach(() => {
      for (const server of open.splice(0)) server.close()
    })

    async function serve() {
      const errors: string[] = []
      const hub = createHub({ heartbeat: 0, onError: (error) => errors.push(String(error)) })
      const setting = settings[name]!()
      const app = express()
      if (position === 'in front') setting.use(app)
      app.use(
        sse({
          hub,
          key: (req) => setting.userOf?.(req) as string | undefined,
          limits: { streams: 1 },
          authorize: (_req, channel) => channel === 'extra',
        }),
      )
      if (position === 'behind') setting.use(app)
      app.get('/events', (_req, res) => void res.sse.subscribe('news'))
      app.get('/private', (_req, res) => void res.sse.subscribe(`user:${res.sse.key ?? 'nobody'}`))
      app.get('/gone', (_req, res) => res.sse.close({ reconnect: false }))
      app.get('/plain', (_req, res) => void res.send('plain'))
      app.get('/thrown', () => {
        throw new Error('before the stream')
      })
      app.get('/failing', (_req, res, next) => {
        res.sse.from(failing(), { event: 'tick' }).catch(next)
      })
      const told: ErrorRequestHandler = (error: Error, _req, res, next) => {
        if (!res.headersSent) return void res.status(500).json({ error: error.message })
        res.sse.send({ title: error.message }, { event: 'notification' })
        res.sse.close({ reconnect: false })
        void next
      }
      app.use(told)
      const server = await listening(app)
      open.push(server)

      // What is asked from another origin is what cors is for.
      const origin = name === 'cors' ? 'https://app.example' : server.origin
      const get = async (path: string, more: Readonly<Record<string, string>> = {}) => {
        const stream = await openStream(server.origin, path, { headers: { Origin: origin, ...more } })
        for (const [header, value] of Object.entries(setting.headers ?? {})) {
          expect([path, header, stream.headers.get(header)]).toEqual([
            path,
            header,
            expect.stringMatching(value),
          ])
        }
        return stream
      }
      return { hub, errors, setting, get, origin, server }
    }

    async function* failing() {
      yield { now: 1 }
      throw new Error('after the first tick')
    }

    it('events arrive while the stream is open, and after it from where the client was', async () => {
      const { hub, get, errors } = await serve()
      const first = await get('/events')
      await first.next('sse.open')
      const { id } = await hub.publish('news', 'one', { event: 'note' })
      expect(await first.next('note')).toMatchObject({ id, data: 'one' })
      for (const text of ['two', 'three']) void hub.publish('news', text, { event: 'note' })
      expect((await first.take(2, 'note')).map(({ data }) => data)).toEqual(['two', 'three'])
      await first.close()
      await expect.poll(() => hub.streams.size).toBe(0)

      await using again = await get('/events', { 'Last-Event-ID': id })
      expect((await again.take(2, 'note')).map(({ data }) => data)).toEqual(['two', 'three'])
      expect(errors).toEqual([])
    })

    it('a poll is answered with what came since', async () => {
      const { hub, get } = await serve()
      const poll = async (cursor = '') => {
        const answer = await get(`/events?lastEventId=${cursor}`, { Accept: 'application/json' })
        return (await answer.json()) as { events: { data: string }[]; cursor: string }
      }
      const { cursor } = await poll()
      await hub.publish('news', 'one')
      expect((await poll(cursor)).events).toMatchObject([{ data: 'one' }])
    })

    it('a refusal keeps its form: a stream that ends, a status with a document, a 204', async () => {
      const { get } = await serve()
      await using first = await get('/events')
      await first.next('sse.open')

      const refused = await get('/events')
      expect(refused.status).toBe(200)
      await refused.rest()
      expect(refused.retry).toBeGreaterThanOrEqual(5_000)

      for (const accept of ['text/event-stream, application/problem+json', 'application/json']) {
        const told = await get('/events', { Accept: accept })
        expect(told.status).toBe(503)
        expect(told.headers.get('Retry-After')).toMatch(/^\d+$/)
        expect(await told.json()).toMatchObject({ status: 503 })
      }
      expect((await get('/gone')).status).toBe(204)
    })

    it('a page of another site is refused', async () => {
      const { get } = await serve()
      const answer = await get('/events', { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' })
      expect(answer.status).toBe(403)
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    })

    it("errors reach the app's error handling, before the stream has opened and after", async () => {
      const { get, errors } = await serve()
      const before = await get('/thrown')
      expect(before.status).toBe(500)
      expect(await before.json()).toEqual({ error: 'before the stream' })

      const after = await get('/failing')
      expect((await after.next('tick')).data).toBe('{"now":1}')
      expect((await after.next('notification')).data).toBe('{"title":"after the first tick"}')
      await after.rest()
      expect(after.state).toBe('ended')
      expect(errors).toEqual([])
    })

    it('what the server ends is ended, and the connection is used again', async () => {
      const { hub, origin, server, setting } = await serve()
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      const ask = async (path: string) => {
        const asked = request(`${server.origin}${path}`, { agent, headers: { Origin: origin } }).end()
        const [response] = await once(asked, 'response')
        let text = ''
        for await (const chunk of response) {
          text += chunk
          for (const stream of hub.streams) stream.close({ reconnect: 5_000 })
        }
        return { text, reused: asked.reusedSocket }
      }
      expect((await ask('/events')).text).toContain('event: sse.close')
      expect(await ask('/plain')).toEqual({ text: 'plain', reused: true })
      agent.destroy()
      if (setting.log) await expect.poll(() => setting.log).toEqual(['200 /events', '200 /plain'])
    })

    it('is told when the client leaves', async () => {
      const { hub, get, setting } = await serve()
      const stream = await get('/events')
      await stream.next('sse.open')
      expect(setting.log ?? []).toEqual([])
      await stream.close()
      await expect.poll(() => hub.streams.size).toBe(0)
      if (setting.log) await expect.poll(() => setting.log).toEqual(['200 /events'])
    })

    it('who it says a request is from is whose stream it is', async () => {
      const { hub, get, setting } = await serve()
      const stream = await get('/private', { 'X-Test-User': 'mina' })
      await stream.next('sse.open')
      const [open] = hub.streams
      expect(open?.key).toBe(setting.userOf ? 'mina' : undefined)
      await hub.disconnect('mina')
      if (setting.userOf) await stream.rest()
      else await stream.close()
    })
  })
})
