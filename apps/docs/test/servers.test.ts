/**
 * Every block that is a whole server, run as a reader would run it, on Express 5 and 4: it does what its page says, hostile requests
 * neither end it nor get what is not theirs, and it outlives the loss of its log.
 */
import { openStream } from '@sse/express/testing'
import { freePort, until } from '@sse/testbed'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Block, blocksOf } from './markdown.ts'
import { docs, isTranslated, readmes } from './pages.ts'
import { hostileBodies, hostilePaths } from './served/hostile.ts'
import { type Served, serve } from './served/serve.ts'
import { signedIn } from './served/session.ts'

interface Server {
  /** Where its stream is. */
  readonly stream: string
  /** Whether nobody reads it without a session. */
  readonly isPrivate?: true
  /** Whether it has a route to sign in. All others have the sessions of cookie-session. */
  readonly signsIn?: true
  /** How something is published, and the event that it becomes. */
  readonly publish?: { readonly path: string; readonly body: object; readonly event: string }
}

const news = { path: '/news', body: { title: 'Hi' }, event: 'notification' }
const list = { ...news, path: '/notifications' }
const board = { path: '/rooms/board/messages', body: { text: 'Hi' }, event: 'message-posted' }

/** The whole servers of a page, in their order. */
const servers: Readonly<Record<string, readonly Server[]>> = {
  'README.md': [{ stream: '/events', publish: news }],
  'apps/docs/deployment/sqlite.md': [{ stream: '/events' }],
  'apps/docs/index.md': [{ stream: '/events' }],
  'apps/docs/ko/index.md': [{ stream: '/events' }],
  'apps/docs/ko/readme.md': [{ stream: '/events', publish: news }],
  'apps/docs/recipes/auth.md': [{ stream: '/events', isPrivate: true }],
  'apps/docs/recipes/rooms.md': [{ stream: '/events?channels=room:board', isPrivate: true, publish: board }],
  'apps/docs/recipes/sign-in.md': [
    { stream: '/events', isPrivate: true, signsIn: true },
    { stream: '/events', isPrivate: true, signsIn: true },
  ],
  'apps/docs/start/server.md': [{ stream: '/events', publish: list }],
  'apps/docs/troubleshooting.md': [{ stream: '/events' }],
  'packages/express/README.md': [{ stream: '/events' }, { stream: '/events', isPrivate: true }],
}

const isServer = ({ language, code }: Block) => ['ts', 'js'].includes(language) && /= express\(\)/.test(code)
const found = [...docs, ...readmes]
  .filter((page) => !isTranslated(page))
  .map(({ path, text }) => [path, blocksOf(path, text).filter(isServer)] as const)
  .filter(([, blocks]) => blocks.length > 0)

test('every block that is a whole server is here', () => {
  const count = (pages: readonly (readonly [string, readonly unknown[]])[]) =>
    Object.fromEntries(pages.map(([page, some]) => [page, some.length]))
  expect(count(found)).toEqual(count(Object.entries(servers)))
})

const cases = found.flatMap(([page, blocks]) =>
  blocks.map((block, index) => [`${page}:${block.line}`, block, servers[page]?.[index]] as const),
)
/** In the short form those of the READMEs stand for all on Express 4: what it does differently is what `@sse/express` tests on both. */
const isLong = process.env['SSE_FAULTS'] === 'long'
const casesOn = (express: 'express' | 'express4') =>
  cases.filter(([name]) => isLong || express === 'express' || !name.startsWith('apps/docs/'))
const isRefused = (status: number) => status >= 400 && status < 500

describe.each(['express', 'express4'] as const)('on %s', (express) => {
  /** The server of a recipe, until the test ends. */
  async function serveRecipe(name: string): Promise<Served> {
    const [, [block] = []] = found.find(([page]) => page === `apps/docs/recipes/${name}.md`) ?? []
    const served = await serve(block!, { express })
    onTestFinished(() => served.end())
    return served
  }

  describe.each(casesOn(express))('%s', (_, block, server) => {
    const { stream: path, isPrivate, signsIn, publish } = server ?? { stream: '/' }
    let served: Served
    let mina = signedIn('mina')
    beforeAll(async () => {
      served = await serve(block, { express })
      if (signsIn) mina = await signIn(served)
    }, 30_000)
    afterAll(() => served?.end())

    const open = (headers: Record<string, string> = mina) => openStream(served.origin, path, { headers })
    const post = async (to: string, body: string) => {
      const headers = { 'Content-Type': 'application/json', ...mina }
      const { status } = await fetch(served.origin + to, { method: 'POST', body, headers })
      return status
    }

    test('does what its page says', async () => {
      await using stream = await open()
      await stream.next('sse.open')
      if (!publish) return
      expect(await post(publish.path, JSON.stringify(publish.body))).toBe(201)
      expect(JSON.parse((await stream.next(publish.event)).data)).toMatchObject(publish.body)
    })

    test('refuses what is hostile, and goes on', async () => {
      for (const body of publish ? hostileBodies(Object.keys(publish.body)) : []) {
        const status = await post(publish!.path, body)
        expect({ body: body.slice(0, 60), status, isRefused: isRefused(status) }).toMatchObject({
          isRefused: true,
        })
      }
      for (const hostile of hostilePaths(path, publish?.path)) {
        const answer = await fetch(served.origin + hostile, { headers: mina })
        await answer.body?.cancel()
        expect([hostile, Math.floor(answer.status / 100)]).not.toEqual([hostile, 5])
      }
      const elsewhere = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }
      expect((await open({ ...mina, ...elsewhere })).status).toBe(403)
      served.alive()
      await using stream = await open()
      expect(stream.isStream).toBe(true)
    })

    if (isPrivate) {
      test('is read by nobody without a session, whatever the request says', async () => {
        const forged = mina.Cookie.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
        const claims = [{}, { 'X-User': 'mina' }, { Authorization: 'Bearer mina' }, { Cookie: forged }]
        for (const headers of claims) expect([headers, (await open(headers)).status]).toEqual([headers, 401])
      })
    }

    if (signsIn) {
      test('signs in with the right password only', async () => {
        const wrong = hostileBodies(['user', 'password'])
        for (const body of [
          ...wrong,
          '{"user":"mina","password":"wrong"}',
          '{"user":"otto","password":""}',
        ]) {
          const status = await post('/sign-in', body)
          expect({ body: body.slice(0, 60), isRefused: isRefused(status) }).toMatchObject({ isRefused: true })
        }
        served.alive()
      })

      test('ends the streams at sign-out, and lets nobody in with the session', async () => {
        const headers = await signIn(served)
        expect(headers).not.toEqual(mina)
        await using stream = await open(headers)
        await stream.next('sse.open')
        const out = await fetch(`${served.origin}/sign-out`, { method: 'POST', headers })
        expect(out.status).toBe(204)
        expect((await stream.next('sse.close')).data).toContain('"reconnect":false')
        expect((await open(headers)).status).toBe(401)
        mina = await signIn(served)
      })
    }

    if (signsIn) {
      // The last one with a sign-in: nobody signs in after it.
      test('refuses the tries of an address that has made too many', async () => {
        const statuses = new Set<number>()
        for (let tries = 0; tries < 60 && !statuses.has(429); tries++) {
          statuses.add(await post('/sign-in', '{"user":"mina","password":"wrong"}'))
        }
        expect([...statuses]).toEqual([401, 429])
      })
    }

    if (publish) {
      test('tells the client when its log is lost, keeps its streams, and uses the log when it is back', async () => {
        await using stream = await open()
        await stream.next('sse.open')
        await served.lose(true)
        expect(await post(publish.path, JSON.stringify(publish.body))).toBe(500)
        served.alive()
        await served.lose(false)
        expect(await post(publish.path, JSON.stringify(publish.body))).toBe(201)
        expect(JSON.parse((await stream.next(publish.event)).data)).toMatchObject(publish.body)
      })
    }
  })

  test('who signs out while the log is lost is told so, and signs out when it is back', async () => {
    const served = await serveRecipe('auth')
    const headers = signedIn('mina')
    await using stream = await openStream(served.origin, '/events', { headers })
    await stream.next('sse.open')
    const signOut = async () => (await fetch(`${served.origin}/sign-out`, { method: 'POST', headers })).status
    await served.lose(true)
    expect(await signOut()).toBe(500)
    served.alive()
    await served.lose(false)
    expect(await signOut()).toBe(204)
    expect((await stream.next('sse.close')).data).toContain('"reconnect":false')
  })

  test('rooms are read and written by members only, and nobody writes as somebody else', async () => {
    const served = await serveRecipe('rooms')
    const headers = { 'Content-Type': 'application/json', ...signedIn('otto') }
    const statusOf = async (path: string, init: RequestInit = {}) =>
      (await fetch(served.origin + path, { ...init, headers })).status

    const path = '/events?channels=room:board,room:lobby,room:__proto__,user:mina'
    await using stream = await openStream(served.origin, path, { headers })
    expect(JSON.parse((await stream.next('sse.channels')).data)).toMatchObject({
      channels: ['room:lobby'],
      refused: ['room:board', 'room:__proto__', 'user:mina'],
    })

    const post = { method: 'POST', body: JSON.stringify({ text: 'I am Mina', user: 'mina' }) }
    for (const room of ['board', '__proto__', 'constructor', 'none']) {
      expect([room, await statusOf(`/rooms/${room}/messages`)]).toEqual([room, 404])
      expect([room, await statusOf(`/rooms/${room}/messages`, post)]).toEqual([room, 404])
    }
    expect(await statusOf('/rooms/lobby/messages', post)).toBe(201)
    expect(JSON.parse((await stream.next('message-posted')).data)).toMatchObject({ user: 'otto' })
  })
})

/** The cookie of somebody who has signed in by the server's own route. */
async function signIn({ origin }: Served): Promise<{ Cookie: string }> {
  const answer = await fetch(`${origin}/sign-in`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ user: 'mina', password: 'correct horse' }),
  })
  expect(answer.status).toBe(204)
  return { Cookie: answer.headers.get('set-cookie')?.split(';', 1)[0] ?? '' }
}

test('presence over several nodes goes on without Redis, and says what is wrong', async () => {
  const [, block] = docs
    .filter(({ path }) => path === 'apps/docs/recipes/presence.md')
    .flatMap(({ path, text }) => blocksOf(path, text))
  const code = `${block!.code.replace('15_000', '20')}
    Object.defineProperty(hub, 'streams', { value: new Set([{ key: 'mina' }]) })
    app.get('/present', (req, res, next) => void present().then((users) => res.json(users)).catch(next))`
  const nobody = `redis://127.0.0.1:${await freePort()}`
  const served = await serve({ ...block!, code }, { express: 'express4', env: { REDIS_URL: nobody } })
  try {
    expect((await fetch(`${served.origin}/present`)).status).toBe(500)
    // Of the connection, and of what is said every few seconds.
    await until(() => served.output.split('presence:').length > 3)
    served.alive()
  } finally {
    await served.end()
  }
})
