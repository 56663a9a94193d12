import { createHub, type SseStream } from '@sse/core'
import { describe, expect, it } from 'vitest'
import type { Adapter } from './adapter.ts'
import { serve } from './serving.ts'

/** Status and headers of what is answered. */
export function headTests(adapter: Adapter): void {
  describe('the head of what is answered', () => {
    /** What a route with these headers answers. */
    async function headOf(headers: Readonly<Record<string, string>>, accept: string, path = '/events') {
      const news = (stream: SseStream) => void stream.subscribe('news')
      const { open } = await serve(adapter, {
        ...{ hub: createHub(), headers },
        routes: {
          '/events': news,
          '/away': (stream) => stream.close({ reconnect: false }),
          '/later': (stream) => void stream.subscribe('news', { expires: new Date(0) }),
        },
      })
      using answer = await open(path, { headers: { Accept: accept } })
      const first = answer.isStream ? await answer.read() : await answer.text()
      return { status: answer.status, headers: answer.headers, first }
    }

    const stream = 'text/event-stream'
    const poll = 'application/json'

    it.each([
      [stream, '/events', 200],
      [poll, '/events', 200],
      [stream, '/away', 204],
      [stream, '/later', 401],
      [poll, '/later', 401],
    ])('has nosniff: %s of %s', async (accept, path, status) => {
      const head = await headOf({}, accept, path)
      expect(head.status).toBe(status)
      expect(head.headers.get('x-content-type-options')).toBe('nosniff')
    })

    it.each([
      ['private, no-store', 'private, no-store, no-transform', 'private, no-store'],
      ['private', 'private, no-transform', 'private, no-store'],
      ['No-Transform, max-age=0', 'No-Transform, max-age=0', 'No-Transform, max-age=0, no-store'],
      [undefined, 'no-cache, no-transform', 'no-store'],
    ])('keeps the Cache-Control of the app: %s', async (own, ofStream, ofPoll) => {
      const set = own === undefined ? {} : { 'Cache-Control': own }
      expect((await headOf(set, stream)).headers.get('cache-control')).toBe(ofStream)
      expect((await headOf(set, poll)).headers.get('cache-control')).toBe(ofPoll)
    })

    it('keeps what else the app has set, but not what would make the body something else', async () => {
      const set = {
        'X-Accel-Buffering': 'yes',
        'X-App': 'mine',
        Vary: 'Cookie',
        'Content-Type': 'text/html',
        'Content-Length': '7',
        'Content-Encoding': 'gzip',
      }
      for (const [accept, type] of [
        [stream, 'text/event-stream; charset=utf-8'],
        [poll, 'application/json; charset=utf-8'],
      ] as const) {
        const { headers, first } = await headOf(set, accept)
        expect(Object.fromEntries(headers)).toMatchObject({
          'x-accel-buffering': 'yes',
          'x-app': 'mine',
          vary: 'Cookie, Accept',
          'content-type': type,
        })
        expect(headers.has('content-encoding')).toBe(false)
        if (accept === stream) expect(first).toMatchObject({ type: 'comment' })
        else expect(JSON.parse(String(first))).toMatchObject({ events: [] })
      }
    })
  })
}
