import { describe, expect, it, vi } from 'vitest'
import {
  connections,
  setUpAnnounced,
  setUp as setUpClient,
  setUpOpen as setUpOpenClient,
  take,
} from '../../test/client.ts'
import type { SseClientOptions } from '../index.ts'

/** Everything that was about to happen has happened. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe.each(connections)('over $name', ({ EventSource, seesBytes }) => {
  const setUp = (options: SseClientOptions = {}) => setUpClient({ EventSource, ...options })
  const setUpOpen = (options: SseClientOptions = {}, text?: string) =>
    setUpOpenClient({ EventSource, ...options }, text)

  /** A client whose first attempt got an answer. */
  async function answered(
    status: number,
    headers: Record<string, string> = {},
    options: SseClientOptions = {},
  ) {
    const bed = await setUp(options)
    bed.client.connect()
    const exchange = await bed.server.next()
    exchange.answer(status, headers)
    return bed
  }

  describe('an answer', () => {
    it('of 204 closes the client: ended', async () => {
      const { reach, clock } = await answered(204)
      expect(await reach('closed')).toMatchObject({ reason: 'ended', error: { code: 'status', status: 204 } })
      expect(clock.timers).toEqual([])
    })

    it.each([400, 404, 410])('of %i closes the client: rejected', async (status) => {
      const { reach } = await answered(status)
      expect(await reach('closed')).toMatchObject({ reason: 'rejected', error: { code: 'status', status } })
    })

    it('that is not an event stream closes the client: rejected', async () => {
      const { reach } = await answered(200, { 'Content-Type': 'text/html' })
      expect(await reach('closed')).toMatchObject({ reason: 'rejected', error: { code: 'content-type' } })
    })

    it.each([408, 425, 429, 500, 502, 503])('of %i is tried again after a while', async (status) => {
      const { reach, clock, server } = await answered(status)
      expect(await reach('waiting')).toMatchObject({
        attempt: 1,
        retryAt: clock.now() + 750,
        error: { status },
      })
      clock.advance(1000)
      await server.next()
    })

    it.each([400, 414, 431])(
      'of %i with a cursor is tried again at once without it, and a gap is told',
      async (status) => {
        const { client, server } = await answered(status, {}, { lastEventId: '5' })
        const gaps = take(client, 'sse.gap', 1)
        const told: unknown[] = []
        client.on('message', (data, { id }) => told.push([data, id]))
        const second = await server.next()
        expect([second.headers['last-event-id'], client.lastEventId]).toEqual([undefined, ''])
        second.open('data: a\n\n')
        expect(await gaps).toEqual([{ reason: 'unknown', requested: '5' }])
        await vi.waitFor(() => expect(told).toEqual([['a', '']]))
      },
    )

    it('of 400 without a cursor closes the client, also after one with a cursor', async () => {
      const { server, reach } = await answered(400, {}, { lastEventId: '5' })
      ;(await server.next()).answer(400)
      expect(await reach('closed')).toMatchObject({ reason: 'rejected' })
    })

    if (seesBytes)
      it('with Retry-After is never waited for longer than that and `max`, whatever `retry` said', async () => {
        const { client, server, clock, reach } = await setUpOpen(
          { backoff: { max: 300 } },
          'retry: 3600000\n\n',
        )
        client.reconnect()
        ;(await server.next()).answer(503, { 'Retry-After': '5' })
        expect((await reach('waiting')).retryAt).toBe(clock.now() + 5150)
      })

    if (seesBytes)
      it('is not decided by a `retry` of an earlier life', async () => {
        const { client, server, clock, reach } = await setUp({ backoff: { base: 1000, max: 86_400_000 } })
        client.connect()
        const stream = await server.next()
        stream.open('retry: 86400000\n\n')
        stream.send({ event: 'sse.close', data: { reconnect: false } })
        await reach('closed')
        client.connect()
        ;(await server.next()).answer(503)
        expect((await reach('waiting')).retryAt).toBe(clock.now() + 750)
      })

    it('that asks for no time at all in Retry-After is followed, spread over the base', async () => {
      const { reach, clock } = await answered(503, { 'Retry-After': '0' })
      expect((await reach('waiting')).retryAt).toBe(clock.now() + 500)
    })

    it('that asks for more time than a timer can hold is tried again all the same', async () => {
      const { reach, clock } = await answered(503, { 'Retry-After': '9'.repeat(400) })
      expect((await reach('waiting')).retryAt).toBe(clock.now() + 2 ** 31 - 1 + 500)
      expect(clock.timers).toHaveLength(1)
    })

    it('with Retry-After is tried again no sooner', async () => {
      const { reach, clock } = await answered(429, { 'Retry-After': '60' })
      expect(await reach('waiting')).toMatchObject({
        retryAt: clock.now() + 60_500,
        error: { status: 429, retryAfter: 60_000 },
      })
    })
  })

  it('may name a date in Retry-After', async () => {
    const { reach, clock } = await answered(503, { 'Retry-After': new Date(1_700_000_090_000).toUTCString() })
    expect(await reach('waiting')).toMatchObject({
      retryAt: clock.now() + 90_500,
      error: { status: 503, retryAfter: 90_000 },
    })
  })

  describe('401 and 403', () => {
    it.each([401, 403])('%i closes a client that cannot refresh: unauthorized', async (status) => {
      const { reach } = await answered(status)
      expect(await reach('closed')).toMatchObject({ reason: 'unauthorized', error: { status } })
    })

    it('refresh once, and resume with the same cursor', async () => {
      const refresh = vi.fn()
      const { server, reach, states } = await answered(401, {}, { refresh, lastEventId: '5' })
      const second = await server.next()
      expect(refresh).toHaveBeenCalledOnce()
      expect(second.headers['last-event-id']).toBe('5')
      second.open()
      await reach('open')
      expect(states.map(({ status }) => status)).toEqual(['connecting', 'connecting', 'connecting', 'open'])
    })

    it('close the client when the refresh did not help', async () => {
      const refresh = vi.fn()
      const { server, reach } = await answered(401, {}, { refresh })
      const second = await server.next()
      second.answer(401)
      expect(await reach('closed')).toMatchObject({ reason: 'unauthorized', error: { status: 401 } })
      expect(refresh).toHaveBeenCalledOnce()
    })

    it('close the client when the refresh fails', async () => {
      const refresh = () => Promise.reject(new Error('signed out'))
      const { reach } = await answered(401, {}, { refresh })
      expect(await reach('closed')).toEqual({
        status: 'closed',
        reason: 'unauthorized',
        error: { code: 'refresh', message: 'Error: signed out' },
      })
    })

    it('refresh again after the stream was open in between', async () => {
      const refresh = vi.fn()
      const { client, server, reach } = await answered(401, {}, { refresh })
      const second = await server.next()
      second.open()
      await reach('open')
      client.reconnect()
      const third = await server.next()
      third.answer(401)
      await server.next()
      expect(refresh).toHaveBeenCalledTimes(2)
    })

    /** A client that is refreshing; the test says how each refresh ends. */
    async function refreshing(options: SseClientOptions = {}) {
      const refreshes: PromiseWithResolvers<void>[] = []
      const refresh = vi.fn(() => {
        const pending = Promise.withResolvers<void>()
        refreshes.push(pending)
        return pending.promise
      })
      const bed = await answered(401, {}, { refresh, ...options })
      await vi.waitFor(() => expect(refreshes).toHaveLength(1))
      return { ...bed, refresh, refreshes }
    }

    it('never have two refreshes of one life under way, nor an attempt beside one', async () => {
      const { client, server, refresh, refreshes } = await refreshing()
      client.reconnect()
      expect(client.state).toEqual({ status: 'connecting', attempt: 0 })
      refreshes[0]?.resolve()
      await server.next()
      expect([refresh.mock.calls.length, server.waiting]).toEqual([1, 0])
    })

    it('do not wait in a new life for the refresh of the life before', async () => {
      const { client, server, reach, refreshes } = await refreshing()
      client.close()
      client.connect()
      const second = await server.next()
      second.open()
      await reach('open')
      refreshes[0]?.resolve()
      await turn()
      expect([client.state.status, server.waiting]).toEqual(['open', 0])
    })

    it.each(['reject', 'resolve'] as const)(
      'are not decided in a new life by what the refresh of the life before does: %s',
      async (settle) => {
        const { client, server, refreshes } = await refreshing()
        client.close()
        client.connect()
        await server.next()
        refreshes[0]?.[settle](undefined)
        await turn()
        expect(client.state).toEqual({ status: 'connecting', attempt: 0 })
        expect(server.waiting).toBe(0)
      },
    )

    it('give up a refresh that hangs, and ask for another one at the next refusal', async () => {
      const { server, clock, reach, refreshes } = await refreshing()
      clock.advance(30_000)
      expect((await reach('waiting')).error).toMatchObject({
        code: 'silence',
        message: expect.stringMatching('refresh'),
      })
      clock.advance(1000)
      const second = await server.next()
      refreshes[0]?.reject(new Error('too late'))
      second.answer(401)
      await vi.waitFor(() => expect(refreshes).toHaveLength(2))
      refreshes[1]?.resolve()
      await server.next()
    })

    it.each([
      ['a minute apart are not in a row', 60_000, 2],
      ['less than a minute apart are', 50_000, 1],
    ])('that are %s, whatever came between but a stream', async (_, time, count) => {
      const { client, server, clock, reach, refresh, refreshes } = await refreshing({
        backoff: { base: 50_000, max: 60_000 },
      })
      refreshes[0]?.resolve()
      const second = await server.next()
      second.answer(503, { 'Retry-After': String(time / 1000) })
      const { retryAt } = await reach('waiting')
      clock.advance(time)
      if (retryAt > clock.now()) client.reconnect()
      const third = await server.next()
      third.answer(401)
      if (count === 1) expect(await reach('closed')).toMatchObject({ reason: 'unauthorized' })
      else await vi.waitFor(() => expect(refresh).toHaveBeenCalledTimes(2))
    })

    it('do not wake a client that was closed meanwhile', async () => {
      const { client, states, refreshes } = await refreshing()
      client.close()
      refreshes[0]?.resolve()
      await turn()
      expect(client.state).toEqual({ status: 'closed', reason: 'closed' })
      expect(states.at(-1)).toEqual(client.state)
    })
  })

  describe('a connection that is lost', () => {
    it('comes back after a clean end, and after a break', async () => {
      const { client, server, clock, reach } = await setUp({ polls: false })
      client.connect()
      for (const end of ['end', 'destroy'] as const) {
        const stream = await server.next()
        stream.open()
        await reach('open')
        stream[end]()
        expect((await reach('waiting')).error.code).toBe('network')
        clock.advance(30_000)
      }
      await server.next()
    })

    it('waits twice as long each time, and from the beginning once a connection has held', async () => {
      const { client, server, clock, reach } = await setUp()
      client.connect()
      const waits: number[] = []
      for (let i = 0; i < 3; i++) {
        const exchange = await server.next()
        exchange.answer(503)
        const { retryAt, attempt } = await reach('waiting')
        expect(attempt).toBe(i + 1)
        waits.push(retryAt - clock.now())
        clock.advance(retryAt - clock.now())
      }
      // Milliseconds that the connection has held: not long enough, and long enough.
      for (const held of [4999, 5000]) {
        const stream = await server.next()
        stream.open()
        await reach('open')
        clock.advance(held)
        stream.end()
        const { retryAt } = await reach('waiting')
        waits.push(retryAt - clock.now())
        clock.advance(retryAt - clock.now())
      }
      expect(waits).toEqual([750, 1500, 3000, 6000, 750])
    })

    if (seesBytes)
      it('waits from the time the server named in retry', async () => {
        const { clock, reach, stream } = await setUpOpen({}, 'retry: 250\n\n')
        stream.send({ retry: 400, data: 'x' })
        stream.end()
        expect((await reach('waiting')).retryAt).toBe(clock.now() + 300)
      })

    it('is given up after so many attempts', async () => {
      const { client, server, clock, reach } = await setUp({ maxAttempts: 2 })
      client.connect()
      for (let i = 0; i < 2; i++) {
        const exchange = await server.next()
        exchange.destroy()
        if (i === 0) await reach('waiting')
        clock.advance(1000)
      }
      expect(await reach('closed')).toMatchObject({ reason: 'exhausted', error: { code: 'network' } })
    })

    it('comes back now when the app says so', async () => {
      const { client, server, reach } = await answered(503, {}, { polls: false })
      await reach('waiting')
      client.reconnect()
      await server.next()
      expect(client.state).toEqual({ status: 'connecting', attempt: 0 })
    })
  })

  describe('sse.close', () => {
    /** A client whose stream was closed so. */
    async function dismissed(data: unknown) {
      const bed = await setUp()
      bed.client.connect()
      const stream = await bed.server.next()
      stream.open()
      stream.send({ event: 'sse.close', data })
      return { ...bed, stream }
    }

    it('that says to stay away closes the client: ended', async () => {
      const { reach, stream } = await dismissed({ reconnect: false, reason: 'signed out elsewhere' })
      expect(await reach('closed')).toEqual({
        status: 'closed',
        reason: 'ended',
        error: { code: 'ended', message: 'signed out elsewhere', retryAfter: false },
      })
      await stream.closed
    })

    it('that names a time is followed, spread over the base', async () => {
      const { reach, clock } = await dismissed({ reconnect: 10_000, reason: 'deploy' })
      expect(await reach('waiting')).toMatchObject({
        retryAt: clock.now() + 10_500,
        error: { message: 'deploy' },
      })
    })

    it('that says nothing is an ordinary end', async () => {
      const { reach, stream } = await dismissed({})
      stream.end()
      expect((await reach('waiting')).error.code).toBe('network')
    })
  })

  describe('the watchdog', () => {
    /** A client on a stream that announced a heartbeat of a second. */
    const announced = (options: SseClientOptions = {}) => setUpAnnounced({ EventSource, ...options }, 1000)

    it('replaces a connection that is silent for 2.5 heartbeats', async () => {
      const { clock, reach, server, stream } = await announced()
      clock.advance(2499)
      expect((await reach('open')).status).toBe('open')
      clock.advance(1)
      expect((await reach('waiting')).error.code).toBe('silence')
      await stream.closed
      clock.advance(1000)
      expect((await server.next()).headers['last-event-id']).toBe('1')
    })

    if (seesBytes)
      it('takes every byte for life', async () => {
        const { client, clock, stream } = await announced()
        clock.advance(2000)
        const said = take(client, 'message', 1)
        stream.write(': not an event\n')
        stream.send({ data: 1 })
        await said
        clock.advance(2000)
        expect(client.state.status).toBe('open')
      })

    it('is off when no heartbeat was announced', async () => {
      const { clock } = await setUpOpen({ polls: false })
      expect(clock.timers).toEqual([])
    })

    it('is off when the app says so', async () => {
      const { clock } = await announced({ watchdog: false })
      expect(clock.timers).toEqual([])
    })

    it('bears as much silence as the app says', async () => {
      const { clock, reach } = await announced({ watchdog: 60_000 })
      clock.advance(60_000)
      expect((await reach('waiting')).error.code).toBe('silence')
    })

    it.each(['a server with a heartbeat', 'the first server'])(
      'gives up an attempt that %s does not answer',
      async (which) => {
        const { client, clock, reach, server } =
          which === 'the first server' ? await setUp() : await announced()
        client.reconnect()
        await server.next()
        clock.advance(29_999)
        expect(client.state.status).toBe('connecting')
        clock.advance(1)
        expect((await reach('waiting')).error.code).toBe('silence')
        clock.advance(1000)
        await server.next()
      },
    )

    it('gives up an attempt after the time that the app says', async () => {
      const { client, clock, reach, server } = await setUp({ connectTimeout: 500 })
      client.connect()
      await server.next()
      clock.advance(500)
      await reach('waiting')
    })
  })
})
