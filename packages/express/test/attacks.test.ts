import { openStream } from '@sse/express/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { channels, createHub, createMemoryLog, type Limits, sse } from '../src/index.ts'
import { expressVersions } from './express-versions.ts'
import { listening } from './listening.ts'

const count = 1_000
/** Requests at a time. */
const batch = 50
/** What a client may ask for with one request. */
const asked = Array.from({ length: 64 }, (_, index) => `room:${index}`)
const timeout = 120_000

describe.each(expressVersions)(
  'a client of the server’s own with a script, on %s',
  { timeout },
  (_, express) => {
    async function serve(limits: Limits = {}) {
      const judged: string[] = []
      const errors: unknown[] = []
      const log = createMemoryLog()
      const hub = createHub({ broker: log.connect(), heartbeat: 0, onError: (error) => errors.push(error) })
      const app = express().use(
        sse({
          hub,
          limits,
          key: (req) => req.get('X-User'),
          authorize: async (req, channel) => {
            judged.push(`${req.get('X-User')} ${channel}`)
            return true
          },
        }),
      )
      app.get('/events', (_req, res) => void res.sse.subscribe([]))
      app.post('/events', channels(hub))
      const { origin, close } = await listening(app)
      onTestFinished(close)
      await hub.ready

      const connect = (user: string, query: string, accept = 'text/event-stream, application/problem+json') =>
        openStream(origin, `/events${query}`, { headers: { 'X-User': user, Accept: accept } })
      const post = async (user: string, body: unknown) => {
        const headers = { 'X-User': user, 'Content-Type': 'application/json' }
        const response = await fetch(`${origin}/events`, {
          method: 'POST',
          headers,
          body: JSON.stringify(body),
        })
        await response.text()
        return response.status
      }
      return { hub, log, judged, errors, connect, post }
    }

    /** How often which status was answered to a thousand requests. */
    async function statuses(request: (index: number) => Promise<number>): Promise<Record<string, number>> {
      const counts: Record<string, number> = {}
      for (let begun = 0; begun < count; begun += batch) {
        const answers = await Promise.all(Array.from({ length: batch }, (_, index) => request(begun + index)))
        for (const status of answers) counts[status] = (counts[status] ?? 0) + 1
      }
      return counts
    }

    it.each([
      ['streams', 'text/event-stream, application/problem+json'],
      ['polls', 'application/json'],
    ])('has no channel judged by %s over its limit', async (_name, accept) => {
      const { hub, judged, connect } = await serve({ perKey: 1 })
      using open = await connect('eve', '')
      await open.next('sse.open')
      const query = `?channels=${asked.join(',')}`
      expect(
        await statuses(async () => {
          using refused = await connect('eve', query, accept)
          return refused.status
        }),
      ).toEqual({ 429: count })
      expect(judged).toEqual([])
      expect(hub.stats()).toMatchObject({ refused: count, streams: 1 })
      using other = await connect('ada', '?channels=room:1', accept)
      expect(other.status).toBe(200)
    })

    it('has no channel judged by changes of streams that do not exist, or that are of others', async () => {
      const { hub, judged, errors, connect, post } = await serve()
      using stream = await connect('ada', '')
      const { stream: own } = JSON.parse((await stream.next('sse.open')).data)
      const before = hub.position
      const madeUp = [own.replace(/.$/, own.endsWith('A') ? 'B' : 'A'), 'x', own.slice(0, -1), own]
      expect(
        await statuses((index) => post('eve', { stream: madeUp[index % madeUp.length], subscribe: asked })),
      ).toEqual({ 404: count })
      expect(judged).toEqual([])
      expect(hub.position).toBe(before)
      expect(errors).toEqual([])
      expect(await post('ada', { stream: own, subscribe: ['room:1'] })).toBe(200)
      expect(judged).toEqual(['ada room:1'])
    })

    it('takes nothing from others by changes over its rate', async () => {
      const { judged, connect, post } = await serve({ rate: 5_000, perKeyRate: 0.001 })
      using stream = await connect('ada', '')
      await stream.next('sse.open')
      expect(await post('eve', { stream: 'x' })).toBe(404)
      expect(await statuses(() => post('eve', { stream: 'x', subscribe: asked }))).toEqual({ 429: count })
      expect(judged).toEqual([])
      expect(await post('bob', { stream: 'x' })).toBe(404)
    })

    it('has a few channels judged at a time, and no more once it has left', async () => {
      const pending: (() => void)[] = []
      const hub = createHub()
      const app = express().use(
        sse({ hub, authorize: () => new Promise((resolve) => pending.push(() => resolve(true))) }),
      )
      let gone = 0
      app.get('/events', (_req, res) => {
        res.sse.subscribe([])
        res.on('close', () => gone++)
      })
      const { origin, close } = await listening(app)
      onTestFinished(close)
      const abort = new AbortController()
      const left = fetch(`${origin}/events?channels=${asked.join(',')}`, { signal: abort.signal }).catch(
        () => {},
      )
      await expect.poll(() => pending.length, { timeout: 20_000 }).toBeGreaterThan(0)
      const first = pending.length
      expect(first).toBeLessThanOrEqual(8)
      abort.abort()
      await left
      await expect.poll(() => gone, { timeout: 20_000 }).toBe(1)
      using stream = await openStream(origin, '/events')
      await stream.next('sse.open')
      for (const answer of pending.splice(0)) answer()
      using next = await openStream(origin, '/events')
      await next.next('sse.open')
      expect(pending).toEqual([])
    })
  },
)
