import { openStream } from '@sse/express/testing'
import cookieSession from 'cookie-session'
import type { RequestHandler } from 'express'
import session, { MemoryStore, type SessionOptions } from 'express-session'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createHub, sse } from '../../src/index.ts'
import { expressVersions } from '../express-versions.ts'
import { type ListeningServer, listening } from '../listening.ts'

describe.each(expressVersions)('sessions on %s', (_, express) => {
  const open: ListeningServer[] = []
  afterEach(() => {
    for (const server of open.splice(0)) server.close()
  })

  async function serve(sessions: RequestHandler) {
    const hub = createHub({ heartbeat: 0 })
    const app = express().use(sessions)
    const userOf = (req: { session?: unknown }) => (req.session as { user?: string } | undefined)?.user
    app.use(sse({ hub, key: userOf, stall: 200 }))
    app.post('/sign-in', (req, res) => {
      Object.assign(req.session!, { user: 'mina' })
      res.sendStatus(204)
    })
    app.get('/who', (req, res) => void res.json({ user: userOf(req) ?? null }))
    app.get('/events', (req, res) => {
      const user = userOf(req)
      if (user) res.sse.subscribe(`user:${user}`)
      else res.sendStatus(401)
    })
    const server = await listening(app)
    open.push(server)
    const signedIn = await fetch(`${server.origin}/sign-in`, { method: 'POST' })
    const Cookie = signedIn.headers
      .getSetCookie()
      .map((cookie) => cookie.split(';')[0])
      .join('; ')
    const who = async () => (await openStream(server.origin, '/who', { headers: { Cookie } })).json()
    return {
      app,
      hub,
      server,
      Cookie,
      who,
      stream: () => openStream(server.origin, '/events', { headers: { Cookie } }),
    }
  }

  const stored = (store: MemoryStore, options: Partial<SessionOptions> = {}) =>
    session({ secret: 'test', saveUninitialized: false, resave: false, store, ...options })

  it.each([
    ['express-session', () => stored(new MemoryStore())],
    ['cookie-session', () => cookieSession({ secret: 'test' }) as RequestHandler],
  ])('%s says whose stream it is, and nobody reads without one', async (__, sessions) => {
    const { hub, server, stream } = await serve(sessions())
    expect((await openStream(server.origin, '/events')).status).toBe(401)
    await using mine = await stream()
    await mine.next('sse.open')
    await hub.publish('user:mina', 'for mina', { event: 'note' })
    expect((await mine.next('note')).data).toBe('for mina')
  })

  it('a session that is destroyed while its stream is open is not stored again when the stream ends', async () => {
    const store = new MemoryStore()
    const { hub, stream, who } = await serve(stored(store))
    const mine = await stream()
    await mine.next('sse.open')
    store.all((__, sessions) => {
      for (const id of Object.keys(sessions ?? {})) store.destroy(id)
    })
    await hub.disconnect('mina')
    await mine.rest()
    expect(mine.state).toBe('ended')
    expect(await who()).toEqual({ user: null })
  })

  it('a stream is cut after `stall` when the store never lets it end', async () => {
    const store = new MemoryStore()
    const { hub, stream } = await serve(stored(store))
    const mine = await stream()
    await mine.next('sse.open')
    const held = vi.spyOn(store, 'touch').mockImplementation(() => {})
    await hub.disconnect('mina')
    expect(held).toHaveBeenCalled()
    await mine.rest()
    expect(mine.state).toBe('broken')
  })
})
