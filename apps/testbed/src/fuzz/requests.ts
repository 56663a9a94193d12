import type { SseStream } from '@sse/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Adapter } from '../adapters/adapter.ts'
import { serve } from '../adapters/serving.ts'
import { exchange, requestOf } from './exchange.ts'
import { bytesOf, postedBody, postOf, streamRequest } from './hostile-requests.ts'
import { changed, judge } from './request-contract.ts'
import { streamOf, turns, watchedHub } from './streams.ts'

/** Milliseconds: on a machine that is busy with something else. */
const timeout = 60_000

/** `test:faults` tries twice as many values. */
const isLong = process.env['SSE_FAULTS'] === 'long'

/** Asserts a property in so many runs, or in half of them in the short form. */
export function holds<T>(
  numRuns: number,
  values: fc.Arbitrary<T>,
  property: (value: T) => Promise<void>,
): Promise<void> {
  return fc.assert(fc.asyncProperty(values, property), { numRuns: isLong ? numRuns : numRuns / 2 })
}

/** Nothing that the tests of this file send may end the process. */
export function nothingEscapes(): void {
  const escaped: unknown[] = []
  const note = (error: unknown) => void escaped.push(error)
  beforeAll(() => {
    process.on('uncaughtExceptionMonitor', note)
    process.on('unhandledRejection', note)
  })
  afterAll(() => {
    process.off('uncaughtExceptionMonitor', note)
    process.off('unhandledRejection', note)
    expect(escaped).toEqual([])
  })
}

/** Grants channels that begin with `open`, and fails at `boom`. */
function authorize(channel: string): boolean {
  if (channel === 'boom') throw new Error('boom')
  return channel.startsWith('open')
}

/** Defines the tests with any request whatever, which every adapter passes. */
export function requestFuzz(adapter: Adapter): void {
  async function serveEvents() {
    const watched = watchedHub()
    const routes = { '/events': (stream: SseStream) => void stream.subscribe('news') }
    const { port } = await serve(adapter, { hub: watched.hub, authorize, routes })
    await watched.hub.ready
    return { ...watched, port }
  }

  describe(`any request whatever, on ${adapter.name}`, { timeout }, () => {
    it('for a stream or a poll is answered with what it asked for, or told what is wrong with it', async () => {
      const { hub, port, errors, opened } = await serveEvents()
      await holds(600, streamRequest, async (request) => {
        const head = hub.position
        const before = hub.stats().opened
        const served = opened().then(async (stream) => {
          await turns(4)
          await hub.publish('news', 'marker')
          stream.close()
        })
        const answer = await exchange(port, bytesOf(request, head))
        if (hub.stats().opened > before) await served
        judge(request, head, answer)
      })
      expect(errors.filter((error) => !(error instanceof Error && error.message === 'boom'))).toEqual([])
      expect(hub.stats()).toMatchObject({ streams: 0, channels: 0 })
    })

    it('to change channels changes them, or is told what is wrong with it', async () => {
      const { hub, port, opened, errors } = await serveEvents()
      const open = opened()
      const whole = exchange(port, requestOf('GET /events HTTP/1.1'))
      const stream = await open
      let changes = 0
      await holds(500, postedBody, async (posted) => {
        const before = new Set(stream.channels)
        const answer = await exchange(port, postOf(posted, stream.id), { halfClosed: posted.truncated })
        const expected = changed(posted, stream.id, before)
        if (answer.status === 200) changes++
        if (expected) expect(answer.status).toBe(expected === 'boom' ? 500 : 200)
        else expect([400, 404, 413, 415]).toContain(answer.status)
        const now = expected && expected !== 'boom' ? expected : before
        expect([...stream.channels].sort()).toEqual([...now].sort())
      })
      expect(stream.closed).toBe(false)
      await hub.publish([...stream.channels, 'news'], 'marker')
      stream.close()
      const names = streamOf(await whole).events.map(({ event }) => event)
      expect(names.filter((name) => name === 'sse.channels')).toHaveLength(changes)
      expect(errors).toEqual([])
    })
  })
}
