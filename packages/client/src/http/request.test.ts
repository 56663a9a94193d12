import { createScriptedServer } from '@sse/testbed'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { setUp, take } from '../../test/client.ts'
import { createSseClient } from '../index.ts'
import { checkRedirect } from './redirect.ts'

afterEach(() => vi.unstubAllGlobals())

describe('a redirect', () => {
  it.each([
    ['http://a.example/x', 'http://a.example/y'],
    ['http://a.example/x', 'https://a.example/y'],
    ['http://a.example:8080/x', 'https://a.example:8080/y'],
  ])('may lead from %s to %s', (from, to) => {
    expect(() => checkRedirect(new URL(from), new URL(to))).not.toThrow()
  })

  it.each([
    ['http://a.example/x', 'http://b.example/x'],
    ['https://a.example/x', 'http://a.example/x'],
    ['http://a.example/x', 'http://a.example:8080/x'],
    ['http://a.example:3000/x', 'https://a.example:4000/x'],
    ['http://a.example/x', 'https://b.a.example/x'],
  ])('must not lead from %s to %s', (from, to) => {
    expect(() => checkRedirect(new URL(from), new URL(to))).toThrow("redirects: 'follow'")
  })

  it.each([301, 302, 303, 307, 308])(
    'of %i within the origin is followed, headers and cursor with it',
    async (status) => {
      const { client, server, reach } = await setUp({
        headers: { Authorization: 'Bearer 1' },
        lastEventId: '5',
      })
      client.connect()
      ;(await server.next()).answer(status, { Location: '/other' })
      const second = await server.next()
      expect([second.url.pathname, second.headers.authorization, second.headers['last-event-id']]).toEqual([
        '/other',
        'Bearer 1',
        '5',
      ])
      second.open()
      await reach('open')
    },
  )

  it('to another origin closes the client, and nothing is sent there', async () => {
    const { client, server, reach } = await setUp({ headers: { Authorization: 'Bearer 1' } })
    const other = await createScriptedServer()
    client.connect()
    ;(await server.next()).answer(307, { Location: other.url })
    expect(await reach('closed')).toMatchObject({ reason: 'rejected', error: { code: 'redirect' } })
    expect(other.waiting).toBe(0)
  })

  it("to another origin is followed with `redirects: 'follow'`", async () => {
    const { client, server, reach } = await setUp({ redirects: 'follow' })
    const other = await createScriptedServer()
    client.connect()
    ;(await server.next()).answer(307, { Location: other.url })
    ;(await other.next()).open()
    await reach('open')
  })

  it('that never ends is a network error after twenty', async () => {
    const { client, server, reach } = await setUp()
    client.connect()
    for (let n = 0; n <= 20; n++) (await server.next()).answer(302, { Location: `/${n}` })
    expect((await reach('waiting')).error).toMatchObject({
      code: 'network',
      message: expect.stringContaining('20'),
    })
    expect(server.waiting).toBe(0)
  })

  it.each([
    ['another origin', 307, 'http://other.test/'],
    ['one that turns it into a GET', 303, '/sign-in'],
  ])('of the POST that changes channels is not believed: %s', async (_, status, location) => {
    const { client, server, stream } = await openedStream()
    client.subscribe('a')
    const post = await server.next()
    post.answer(status, { Location: location })
    const again = await server.next()
    expect([again.method, again.url.pathname, again.url.searchParams.get('channels')]).toEqual([
      'GET',
      '/events',
      'a',
    ])
    await stream.closed
  })
})

async function openedStream() {
  const bed = await setUp()
  bed.client.connect()
  const stream = await bed.server.next()
  const open = take(bed.client, 'sse.open', 1)
  stream.open()
  stream.send({ event: 'sse.open', data: { stream: 's1', heartbeat: 0, resumed: null } })
  await open
  return { ...bed, stream }
}

describe('in a page, which does not see where a redirect leads', () => {
  /** A page whose `fetch` answers so, and what it was asked. */
  function stubPage(answer: () => Partial<Response>) {
    const requests: RequestInit[] = []
    vi.stubGlobal('location', { origin: 'http://a.example', href: 'http://a.example/' })
    vi.stubGlobal('fetch', async (_: URL, init: RequestInit) => {
      requests.push(init)
      return answer()
    })
    return requests
  }
  const eventStream = () => new Response(':\n\n', { headers: { 'Content-Type': 'text/event-stream' } })
  const from = (url: string) => Object.defineProperty(eventStream(), 'url', { value: url })

  it('requests with headers follow none', async () => {
    const requests = stubPage(eventStream)
    const client = createSseClient('/events', { headers: { Authorization: 'Bearer 1' } })
    client.connect()
    await vi.waitFor(() => expect(requests[0]?.redirect).toBe('error'))
    client.close()
  })

  it('an answer from another origin is discarded', async () => {
    const requests = stubPage(() => from('http://b.example/events'))
    const client = createSseClient('/events')
    client.connect()
    await vi.waitFor(() =>
      expect(client.state).toMatchObject({ status: 'closed', error: { code: 'redirect' } }),
    )
    expect(requests[0]?.redirect).toBe('follow')
  })

  it('an answer from the same origin is taken', async () => {
    stubPage(() => from('http://a.example/other'))
    const client = createSseClient('/events')
    const states: string[] = []
    client.on('sse.state', ({ status }) => states.push(status))
    client.connect()
    await vi.waitFor(() => expect(states).toContain('open'))
    client.close()
  })
})

describe('a function for the URL', () => {
  it('is asked before every attempt, and for the POST', async () => {
    const { server } = await setUp()
    let token = 0
    const client = createSseClient(async () => `${server.url}?token=${++token}`)
    client.connect()
    const stream = await server.next()
    expect(stream.url.search).toBe('?token=1')
    const open = take(client, 'sse.open', 1)
    stream.open()
    stream.send({ event: 'sse.open', data: { stream: 's1' } })
    await open
    client.subscribe('a')
    const post = await server.next()
    expect([post.method, post.url.search]).toEqual(['POST', '?token=2'])
    post.answer(200)
    client.reconnect()
    expect((await server.next()).url.search).toBe('?token=3&channels=a')
    client.close()
  })

  it('that fails is a failed attempt', async () => {
    const client = createSseClient(() => Promise.reject(new Error('no token')))
    client.connect()
    await vi.waitFor(() =>
      expect(client.state).toMatchObject({
        status: 'waiting',
        error: { code: 'network', message: 'no token' },
      }),
    )
    client.close()
  })

  it.each(['mailto:a@b.example', '/relative'])('that gives %s closes the client', async (url) => {
    const client = createSseClient(() => url)
    client.connect()
    await vi.waitFor(() =>
      expect(client.state).toMatchObject({ status: 'closed', reason: 'rejected', error: { code: 'url' } }),
    )
  })

  it('needs a key for what is named after the URL', () => {
    const url = () => 'http://a.example/'
    for (const options of [{ share: true }, { persist: 'session' as const }]) {
      expect(() => createSseClient(url, options)).toThrow(expect.objectContaining({ code: 'invalid-option' }))
    }
    expect(() =>
      createSseClient(url, { persist: { storage: 'session', key: 7 }, share: { key: 7 } }),
    ).not.toThrow()
  })

  it('that is late for a closed client leads to no request', async () => {
    const { server } = await setUp()
    const { promise, resolve } = Promise.withResolvers<string>()
    const client = createSseClient(() => promise)
    client.connect()
    client.close()
    resolve(server.url)
    await new Promise((done) => setImmediate(done))
    expect([server.waiting, client.state.status]).toEqual([0, 'closed'])
  })
})
