import { createHub, type SseStream } from '@sse/core'
import type { Limits } from '@sse/core/internal'
import type { TestStream } from '@sse/core/testing'
import { describe, expect, it } from 'vitest'
import { until } from '../until.ts'
import type { Adapter } from './adapter.ts'
import { serve } from './serving.ts'

const problems = 'text/event-stream, application/problem+json'

/** Who is let in. */
export function limitTests(adapter: Adapter): void {
  describe('limits', () => {
    async function appWith(limits: Limits) {
      const hub = createHub()
      const routes = { '/events': (stream: SseStream) => void stream.subscribe('news') }
      const served = await serve(adapter, {
        ...{ hub, limits, routes },
        key: (asked) => asked.header('X-User'),
      })
      return { hub, ...served }
    }

    const as = (user: string, accept = problems) => ({ headers: { 'X-User': user, Accept: accept } })

    it('let no more streams in than `streams`, and end none for another', async () => {
      const { hub, open } = await appWith({ streams: 2 })
      using one = await open('/events', as('ada'))
      using two = await open('/events', as('bob'))
      using three = await open('/events', as('eve'))
      expect([one.status, two.status, three.status]).toEqual([200, 200, 503])
      expect(Number(three.headers.get('retry-after'))).toBeGreaterThanOrEqual(5)
      await Promise.all([one.next('sse.open'), two.next('sse.open')])
      expect(hub.streams.size).toBe(2)
      expect(hub.stats().refused).toBe(1)
    })

    it('let somebody in again when somebody has left', async () => {
      const { hub, open } = await appWith({ streams: 1 })
      const one = await open('/events', as('ada'))
      one.close()
      await until(() => hub.streams.size === 0)
      using two = await open('/events', as('bob'))
      expect(two.status).toBe(200)
    })

    it('answer 429 to a key that has `perKey` streams, and nobody else', async () => {
      const { open } = await appWith({ perKey: 1 })
      using one = await open('/events', as('ada'))
      using two = await open('/events', as('ada'))
      using other = await open('/events', as('bob'))
      expect([one.status, two.status, other.status]).toEqual([200, 429, 200])
    })

    it('let new streams in at `rate`', async () => {
      const { open } = await appWith({ rate: 0.001 })
      using one = await open('/events', as('ada'))
      using two = await open('/events', as('bob'))
      expect([one.status, two.status]).toEqual([200, 503])
    })

    it('let requests of a key in at `perKeyRate`, within `rate`: a client that polls keeps no others out', async () => {
      const { open } = await appWith({ rate: 0.03, perKeyRate: 0.01 })
      const poll = async (user: string) => (await open('/events', as(user, 'application/json'))).status
      const ada: number[] = []
      for (let count = 0; count < 20; count++) ada.push(await poll('ada'))
      expect(ada).toEqual([200, ...Array(19).fill(429)])
      // What was refused to one key has used up nothing that another is entitled to.
      const { open: openOther } = await appWith({ rate: 20, perKeyRate: 1 })
      const polls = async (user: string, count: number) => {
        const statuses = await Promise.all(
          Array.from(
            { length: count },
            async () => (await openOther('/events', as(user, 'application/json'))).status,
          ),
        )
        return statuses.filter((status) => status === 200).length
      }
      expect(await polls('ada', 20)).toBeLessThan(10)
      for (const user of 'bcdefghij') expect(await polls(user, 1), user).toBe(1)
    })

    it('tell clients without a key apart by their address, also from keys that look like one', async () => {
      const { open } = await appWith({ perKeyRate: 0.001 })
      const json = (user?: string) =>
        open('/events', {
          headers: { Accept: 'application/json', ...(user !== undefined && { 'X-User': user }) },
        })
      expect((await json()).status).toBe(200)
      expect((await json()).status).toBe(429)
      for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
        expect((await json(address)).status, address).toBe(200)
      }
    })

    it('count a POST that changes channels as a request', async () => {
      const { open, post } = await appWith({ perKeyRate: 0.001 })
      expect((await post({ stream: 'x' }, { 'X-User': 'ada' })).status).toBe(404)
      const refused = await post({ stream: 'x' }, { 'X-User': 'ada' })
      expect([refused.status, refused.headers.get('content-type')]).toEqual([429, 'application/problem+json'])
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(5)
      using stream = await open('/events', as('ada'))
      expect(stream.status).toBe(429)
      expect((await post({ stream: 'x' }, { 'X-User': 'bob' })).status).toBe(404)
    })

    it('count streams whose channels are still judged', async () => {
      const verdict = Promise.withResolvers<boolean>()
      const asked: string[] = []
      const { open: openAt } = await serve(adapter, {
        hub: createHub(),
        limits: { perKey: 2, streams: 3 },
        key: (asked) => asked.header('X-User'),
        authorize: (_channel, request) => {
          asked.push(request.header('X-User') ?? '')
          return verdict.promise
        },
        routes: { '/events': (stream) => void stream.subscribe([]) },
      })
      const open = (user: string) => openAt('/events?channels=a', as(user))
      const pending = [open('ada'), open('ada')]
      await until(() => String(asked) === String(['ada', 'ada']))
      expect((await open('ada')).status).toBe(429)
      pending.push(open('bob'))
      await until(() => String(asked) === String(['ada', 'ada', 'bob']))
      expect((await open('eve')).status).toBe(503)
      verdict.resolve(true)
      for (const stream of await Promise.all(pending)) {
        expect(stream.status).toBe(200)
        stream.close()
      }
      expect(asked).toHaveLength(3)
    })

    it('send a native EventSource, which would stay away after any other status, an empty stream with a time', async () => {
      const { open } = await appWith({ streams: 1 })
      using _one = await open('/events')
      using two: TestStream = await open('/events')
      expect(two.status).toBe(200)
      expect(two.headers.get('content-type')).toContain('text/event-stream')
      const [comment, retry, ...more] = await two.rest()
      expect(comment).toMatchObject({
        type: 'comment',
        text: expect.stringContaining('503 There are 1 streams'),
      })
      expect((retry as { retry: number }).retry).toBeGreaterThanOrEqual(5_000)
      expect(more).toEqual([])
    })

    it('hold for polls too', async () => {
      const { open } = await appWith({ streams: 1 })
      using _one = await open('/events')
      using poll = await open('/events', as('ada', 'application/json'))
      expect(poll.status).toBe(503)
      expect(poll.headers.get('retry-after')).toMatch(/^\d+$/)
    })

    it('bound the channels of a stream', async () => {
      const { open } = await serve(adapter, {
        hub: createHub(),
        limits: { channels: 2 },
        routes: { '/many': (stream) => void stream.subscribe(['a', 'b', 'c']) },
      })
      using answer = await open('/many')
      expect(answer.status).toBe(500)
      expect(await answer.text()).toMatch(/channels/)
    })
  })
}
