/** Recipes are run as they stand on their pages, on a real server. Those that are tests themselves are run as tests. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as endOfTurn } from 'node:timers/promises'
import { createHub, createMemoryBroker, type Receiver, sse } from '@sse/express'
import { openStream } from '@sse/express/testing'
import { until } from '@sse/testbed'
import express, { type RequestHandler } from 'express'
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { run, scriptsOf } from './run.ts'
import { userFrom } from './served/user.ts'

const hub = createHub()
const app = express()
app.use(express.json())
app.use(userFrom('X-User'))
app.use(sse({ hub, key: (req) => req.get('X-User') }))
const requireUser: RequestHandler = (req, res, next) =>
  req.get('X-User') ? next() : void res.status(401).end()
const server = createServer(app).listen(0, '127.0.0.1')
const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
afterAll(async () => {
  await hub.close()
  server.closeAllConnections()
  server.close()
})

describe('testing', async () => {
  const [routes, , clients, stores] = scriptsOf('recipes/testing.md')
  // A store opens nothing without a window; the page says which environment to use.
  vi.stubGlobal('window', globalThis)
  const guarded = express()
  guarded.use(sse({ hub }))
  guarded.get('/events', (req, res) => {
    if (req.get('Last-Event-ID')) res.sse.subscribe('news')
    else res.status(401).end()
  })
  vi.stubGlobal('app', guarded)
  await run(routes!, { app: guarded, hub })
  await run(clients!)
  await run(stores!)
})

test('health and metrics', async () => {
  const [health, metrics] = scriptsOf('deployment/health.md')
  const watched = express()
  const late = createMemoryBroker()
  const start = late.start.bind(late)
  const gate = Promise.withResolvers<void>()
  Object.assign(late, { start: (receiver: Receiver) => gate.promise.then(() => start(receiver)) })
  const served = createServer(watched).listen(0, '127.0.0.1')
  onTestFinished(() => void served.close())
  const ask = (path: string) => fetch(`http://127.0.0.1:${(served.address() as AddressInfo).port}${path}`)
  await run(health!, { app: watched, broker: late })
  expect([(await ask('/healthz')).status, (await ask('/readyz')).status]).toEqual([200, 503])
  gate.resolve()
  await until(async () => (await ask('/readyz')).ok)

  const counted = createHub()
  await counted.ready
  await run(metrics!, { app: watched, hub: counted })
  await counted.publish('news', 1)
  await expect(counted.publish('', 1)).rejects.toThrow()
  const answer = await ask('/metrics')
  expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4')
  const text = await answer.text()
  for (const line of text.trimEnd().split('\n'))
    expect(line).toMatch(/^sse_[a-z_]+(?:\{[a-z]+="[\w-]+"\})? \d+(?:\.\d+)?$/)
  expect(text).toContain('sse_published 1\n')
  expect(text).toContain('sse_broker{state="up"} 1\n')
  expect(text).toContain('sse_refused_publishes{code="invalid-channel"} 1\n')
  expect(text).toMatch(/^sse_window_span \d+/m)
  await counted.close()
})

describe('LLM streams', async () => {
  let ended = 0
  async function* answer(prompt: string): AsyncGenerator<string> {
    try {
      yield* ['Well, ', '1.0 ']
      if (prompt === 'fail') throw new Error('the model broke off')
      yield prompt
      while (prompt === 'endless') {
        await endOfTurn()
        yield prompt
      }
    } finally {
      ended++
    }
  }
  /** Mina's only. */
  const promptOf = (user: string, id: string) => (user === 'mina' ? id : undefined)
  const [straight, , , words, published, asRun] = scriptsOf('recipes/llm-streams.md')
  for (const block of [straight, words, published, asRun])
    await run(block!, { app, hub, requireUser, model: { answer }, promptOf })
  const open = (path: string, user = 'mina') => openStream(origin(), path, { headers: { 'X-User': user } })

  test('tokens arrive as the text they are, and the client is told to stay away', async () => {
    await using stream = await open('/answers/Hello')
    const tokens = await stream.take(3, 'token')
    expect(tokens.map(({ data }) => data)).toEqual(['Well, ', '1.0 ', 'Hello'])
    await stream.next('done')
    expect((await stream.next('sse.close')).data).toContain('"reconnect":false')
  })
  test("nobody gets an answer to somebody else's prompt", async () => {
    expect((await open('/answers/Hello', 'otto')).status).toBe(404)
  })
  test('an answer that breaks off says so, and not why', async () => {
    await using stream = await open('/answers/fail')
    expect((await stream.next('failed')).data).toBe('{"message":"The answer broke off."}')
    await stream.next('sse.close')
    expect(ended).toBeGreaterThan(0)
  })
  test('the model is cancelled when the reader leaves', async () => {
    const before = ended
    const stream = await open('/answers/endless')
    await stream.take(3, 'token')
    await stream.close()
    await until(() => ended > before)
  })
  test('a generator may make them', async () => {
    await using stream = await open('/words')
    expect((await stream.take(4, 'word')).map(({ data }) => JSON.parse(data).word).join(' ')).toBe(
      'One after the other',
    )
  })

  const ask = async (prompt: unknown) =>
    fetch(`${origin()}/answers`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-User': 'mina' },
      body: JSON.stringify({ prompt }),
    })
  test('a published answer is read from its beginning by its own user, however late', async () => {
    const { id } = (await (await ask('Hello')).json()) as { id: string }
    for (const end of ['first', 'second']) {
      await using stream = await open(`/answers/${id}/events`)
      expect([end, (await stream.take(3, 'token')).map(({ data }) => data).join('')]).toEqual([
        end,
        'Well, 1.0 Hello',
      ])
      await stream.next('done')
    }
    expect((await open(`/answers/${id}/events`, 'otto')).status).toBe(404)
  })
  test('a published answer that breaks off says so', async () => {
    const { id } = (await (await ask('fail')).json()) as { id: string }
    await using stream = await open(`/answers/${id}/events`)
    await stream.next('failed')
  })
  test('a run is read and stopped by its owner only', async () => {
    const to = (path: string, user: string, method: string) =>
      fetch(`${origin()}/llm${path}`, {
        method,
        headers: { 'Content-Type': 'application/json', 'X-User': user },
        ...(method === 'POST' && { body: '{"prompt":"endless"}' }),
      })
    const { id } = (await (await to('', 'mina', 'POST')).json()) as { id: string }
    const before = ended
    for (const name of [id, 'none', 'constructor']) {
      expect((await open(`/llm/${name}/events`, 'otto')).status).toBe(404)
      expect((await to(`/${name}`, 'otto', 'DELETE')).status).toBe(404)
    }
    await using stream = await open(`/llm/${id}/events`)
    expect((await stream.next('token')).data).toContain('Well, 1.0 endless')
    expect(ended).toBe(before)
    expect((await to(`/${id}`, 'mina', 'DELETE')).status).toBe(204)
    expect((await stream.next('sse.end')).data).toContain('"reason":"aborted"')
    expect(ended).toBe(before + 1)
  })
  test.each([undefined, '', 7, 'x'.repeat(5_000)])('the prompt %j is refused', async (prompt) => {
    expect((await ask(prompt)).status).toBe(400)
  })
})

test('presence: who comes is told, who reloads is not, who goes is after a while', async () => {
  const [block] = scriptsOf('recipes/presence.md')
  const grace = {
    ...block!,
    code: block!.code.replace('10_000', '200').replace(/^const hub/m, 'export const hub'),
  }
  const { hub: watched, present } = (await run(grace)) as { hub: typeof hub; present(): string[] }
  const app = express()
  app.use(sse({ hub: watched, key: (req) => req.get('X-User') }))
  app.get('/events', (_req, res) => void res.sse.subscribe('presence'))
  const open = (user: string) => openStream(app, '/events', { headers: { 'X-User': user } })

  await using mina = await open('mina')
  await mina.next('presence')
  const otto = await open('otto')
  expect((await mina.next('presence')).data).toBe('{"user":"otto","online":true}')
  const again = await open('otto')
  await otto.close()
  await until(() => watched.streams.size === 2)
  expect(present()).toEqual(['mina', 'otto'])
  await again.close()
  expect((await mina.next('presence')).data).toBe('{"user":"otto","online":false}')
  await watched.close()
})

test('a token that runs out ends the stream, and a fresh one reads on', async () => {
  const { SignJWT } = await import('jose')
  const secret = new TextEncoder().encode('a secret of thirty-two characters')
  const token = (seconds: number) =>
    new SignJWT({ sub: 'mina' })
      .setProtectedHeader({ alg: 'HS256' })
      // It is in whole seconds, and this one may be nearly over.
      .setExpirationTime(Math.ceil(Date.now() / 1000) + seconds)
      .sign(secret)
  const api = express()
  api.use(sse({ hub }))
  const block = scriptsOf('recipes/auth.md').find(({ code }) => code.includes('jwtVerify'))
  await run(block!, { app: api, secret })
  const open = async (seconds: number, lastEventId?: string) =>
    openStream(api, '/events', { headers: { Authorization: `Bearer ${await token(seconds)}` }, lastEventId })

  const short = await open(2)
  await short.next('sse.open')
  await short.rest()
  expect(short.state).toBe('ended')
  await hub.publish('user:mina', 'meanwhile', { event: 'note' })
  expect((await open(-2)).status).toBe(401)
  await using fresh = await open(60, short.lastEventId)
  expect((await fresh.next('note')).data).toBe('meanwhile')
})
