import { once } from 'node:events'
import { Agent, request as ask } from 'node:http'
import { connect } from 'node:net'
import { openStream } from '@sse/express/testing'
import type { RequestHandler, Response } from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import { expressVersions } from '../test/express-versions.ts'
import { listening } from '../test/listening.ts'
import { channels, createHub, sse } from './index.ts'

describe.each(expressVersions)('a shutdown on %s', (_, express) => {
  const nothing: RequestHandler = (_req, _res, next) => next()

  async function serve(events: RequestHandler) {
    const app = express().use(events)
    const { origin, port, server, close } = await listening(app)
    onTestFinished(close)
    /** What a server answers to a client that keeps its connection alive. */
    const connectionOf = async (path: string, method = 'GET') => {
      const agent = new Agent({ keepAlive: true })
      const request = ask({ port, path, method, agent }).end()
      const [response] = await once(request, 'response')
      response.resume()
      await once(response, 'end')
      agent.destroy()
      return response.headers.connection as string
    }
    return { app, origin, port, server, connectionOf }
  }

  it.each([
    ['the middleware', true],
    ['the hub', false],
  ])(
    'by close of %s lets the server close at once: the connections of its streams are not kept',
    async (_, own) => {
      const hub = createHub()
      const events = sse({ hub })
      const { app, origin, server } = await serve(events)
      app.get('/events', (_req, res) => void res.sse.subscribe('news'))
      const streams = await Promise.all([1, 2, 3].map(() => openStream(origin, '/events')))
      for (const stream of streams) await stream.next('sse.open')
      const closed = once(server.close(), 'close')
      await (own ? events : hub).close({ drain: 30 })
      for (const stream of streams) await stream.rest()
      await closed
    },
  )

  it('ends the streams of one middleware, and not those of another on the same hub', async () => {
    const hub = createHub()
    const [one, other] = [sse({ hub }), sse({ hub })]
    const { app, origin } = await serve(nothing)
    app.get('/one', one, (_req, res) => void res.sse.subscribe('news'))
    app.get('/other', other, (_req, res) => void res.sse.subscribe('news'))
    using first = await openStream(origin, '/one')
    using second = await openStream(origin, '/other')
    await Promise.all([first.next('sse.open'), second.next('sse.open')])
    await one.close()
    await first.rest()
    await hub.publish('news', 'still here')
    expect((await second.next('message')).data).toBe('still here')
  })

  it('refuses options of close that are none', () => {
    expect(() => sse().close({ drain: -1 })).toThrow(/^drain must be /)
  })

  it('makes whatever is answered from hub.close on the last on its connection, also to earlier requests', async () => {
    const hub = createHub()
    const { app, origin, connectionOf } = await serve(sse({ hub }))
    let finish = (_res: Response) => {}
    const arrived = Promise.withResolvers<Response>()
    app.get('/slow', (_req, res) => {
      arrived.resolve(res)
      finish = (response) => void response.json({ late: true })
    })
    app.get('/plain', (_req, res) => void res.json({}))
    app.get('/events', (_req, res) => void res.sse.subscribe('news'))
    app.post('/events', channels(hub))
    expect(await connectionOf('/plain')).toBe('keep-alive')
    using stream = await openStream(origin, '/events')
    await stream.next('sse.open')
    const slow = connectionOf('/slow')
    const response = await arrived.promise
    const closing = hub.close({ drain: 200 })
    finish(response)
    expect(await slow).toBe('close')
    expect(await connectionOf('/plain')).toBe('close')
    expect(await connectionOf('/events', 'POST')).toBe('close')
    expect(await connectionOf('/not-there')).toBe('close')
    await closing
    expect(await connectionOf('/plain')).toBe('close')
  })

  it('takes no request any more on the connection of a stream that has ended', async () => {
    const hub = createHub()
    const { app, port } = await serve(sse({ hub }))
    let orders = 0
    app.get('/events', (_req, res) => void res.sse.subscribe('news'))
    app.post('/orders', (_req, res) => {
      orders++
      res.json({})
    })
    // A proxy that keeps its connections sends the next request as soon as the response has ended.
    const proxy = connect({ port, allowHalfOpen: true }).setEncoding('latin1')
    proxy.on('error', () => {})
    const closed = once(proxy, 'close')
    let received = ''
    proxy.on('data', (text) => {
      received += text
      if (received.endsWith('\r\n0\r\n\r\n'))
        proxy.end('POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n')
    })
    proxy.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await expect.poll(() => received).toContain('sse.open')
    await hub.close()
    await closed
    expect(received).toContain('sse.close')
    expect(received).toMatch(/\r\n0\r\n\r\n$/)
    expect(orders).toBe(0)
  })

  it('leaves the head of responses alone that another middleware rewrites when it is sent', async () => {
    const events = sse()
    const adding = (header: string): RequestHandler => {
      return (_req, res, next) => {
        const { writeHead } = res
        res.writeHead = function (this: Response, ...head: unknown[]) {
          this.setHeader(header, 'yes')
          return Reflect.apply(writeHead, this, head)
        } as Response['writeHead']
        next()
      }
    }
    const { app, origin } = await serve(adding('X-Before'))
    app.use(events, sse(), adding('X-Behind'))
    app.get('/plain', (_req, res) => void res.writeHead(201, { 'X-Own': 'yes' }).end())
    const { status, headers } = await fetch(`${origin}/plain`)
    expect(status).toBe(201)
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-before': 'yes',
      'x-behind': 'yes',
      'x-own': 'yes',
    })
  })
})
