import { once } from 'node:events'
import { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { setImmediate as endOfTurn } from 'node:timers/promises'
import type { RequestHandler, Response } from 'express'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { expressVersions } from '../../test/express-versions.ts'
import { type ListeningServer, listening } from '../../test/listening.ts'
import { createHub, sse } from '../index.ts'
import { directSocketOf } from './direct.ts'

/** Stands between, as a compressor or a tracer would: what is written takes the other way. */
const wrapped: RequestHandler = (_req, res, next) => {
  const write = res.write
  res.write = ((...args: Parameters<typeof write>) => write.apply(res, args)) as typeof write
  next()
}
const notWrapped: RequestHandler = (_req, _res, next) => next()

const get = (path: string, line = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${line}\r\n`
const last = get('/after', 'Connection: close\r\n')

describe.each(expressVersions)('straight to the socket, on %s', (_, express) => {
  const open: ListeningServer[] = []
  afterEach(() => {
    for (const server of open.splice(0)) server.close()
  })

  async function serve(between: RequestHandler) {
    const hub = createHub({ heartbeat: 0 })
    await hub.ready
    const began = Promise.withResolvers<Response>()
    const app = express()
      .use(between)
      .use(sse({ hub, retry: [1000, 1000] }))
    app.get('/news', (_req, res) => {
      res.sse.subscribe('news')
      began.resolve(res)
    })
    app.get('/sent', (_req, res) => {
      res.sse.send({ greeting: '¡hola! 안녕' })
      res.sse.comment('and\nmore')
      res.write(': by hand\n\n')
      res.sse.send('text', { id: 7, retry: 5 })
      began.resolve(res)
    })
    app.get('/after', (_req, res) => void res.send('the next answer'))
    const server = await listening(app)
    open.push(server)
    return { hub, port: server.port, began: began.promise }
  }

  type Scene = (at: Awaited<ReturnType<typeof serve>>, client: ReturnType<typeof connect>) => Promise<void>

  /** Everything that a client receives until the server hangs up, with what differs between any two runs made the same. */
  async function wire(between: RequestHandler, request: string, scene: Scene) {
    const at = await serve(between)
    const client = connect(at.port)
    let text = ''
    client.setEncoding('latin1').on('data', (data: string) => {
      text += data
    })
    const hungUp = once(client, 'close')
    client.write(request)
    await scene(at, client)
    await hungUp
    return text
      .replace(/^Date: .*$/gm, 'Date: …')
      .replace(/"stream":"[^"]+"/, '"stream":"…"')
      .replace(/[0-9a-f]{16}-/g, 'epoch-')
  }

  const scenes: Record<string, [request: string, scene: Scene]> = {
    'events of one turn and of several, then the next request of the connection': [
      get('/news'),
      async ({ hub, began }, client) => {
        const { sse: stream } = await began
        while (!hub.streams.size) await once(client, 'data')
        await hub.publish('news', { n: 1 })
        void hub.publish('news', 'two\nlines')
        void hub.publish('news', '둘', { event: 'named' })
        await hub.publish('news', { text: 'x'.repeat(50_000) })
        stream.close({ reconnect: 9 })
        client.write(last)
      },
    ],
    'what is sent, with the app writing in between': [
      get('/sent'),
      async ({ began }, client) => {
        ;(await began).end()
        client.write(last)
      },
    ],
    'what is sent in a later turn, with the app writing in between': [
      get('/sent'),
      async ({ began }, client) => {
        const response = await began
        await once(client, 'data')
        response.write(': by hand\n\n')
        response.sse.send('between')
        response.write(': by hand again\n\n')
        response.sse.send('after')
        await endOfTurn()
        response.sse.send('in a turn of its own')
        response.end()
        client.write(last)
      },
    ],
    'what the app ends itself, with an event sent in the same turn': [
      get('/news'),
      async ({ hub, began }, client) => {
        const response = await began
        while (!hub.streams.size) await once(client, 'data')
        response.end()
        response.sse.send('too late')
        client.write(last)
      },
    ],
    'what a middleware ends by the `end` that it kept, with an event published in the same turn': [
      get('/news'),
      async ({ hub, began }, client) => {
        const response = await began
        while (!hub.streams.size) await once(client, 'data')
        await hub.publish('news', 'in time')
        await once(client, 'data')
        void hub.publish('news', 'too late')
        Reflect.apply(ServerResponse.prototype.end, response, [])
        client.write(last)
      },
    ],
    'a request pipelined behind the stream': [
      get('/news') + last,
      async ({ hub, began }, client) => {
        const { sse: stream } = await began
        while (!hub.streams.size) await once(client, 'data')
        await hub.publish('news', 1)
        stream.close()
      },
    ],
    'a stream pipelined behind another request, and one behind it': [
      get('/after') + get('/news') + last,
      async ({ hub, began }, client) => {
        const { sse: stream } = await began
        while (!hub.streams.size) await once(client, 'data')
        await hub.publish('news', 1)
        stream.close()
      },
    ],
    'HEAD, and the next request of the connection': [
      get('/news').replace('GET', 'HEAD') + last,
      async ({ began }) => void (await began),
    ],
    'HTTP/1.0': [
      'GET /news HTTP/1.0\r\n\r\n',
      async ({ hub, began }, client) => {
        const { sse: stream } = await began
        while (!hub.streams.size) await once(client, 'data')
        await hub.publish('news', 1)
        stream.close()
      },
    ],
  }

  it.each(Object.entries(scenes))(
    'is byte for byte what res.write makes of it: %s',
    async (_, [request, scene]) => {
      const direct = await wire(notWrapped, request, scene)
      expect(direct).toBe(await wire(wrapped, request, scene))
      if (!request.startsWith('HEAD')) expect(direct.length).toBeGreaterThan(100)
      if (request.includes('/after'))
        expect(direct.match(/the next answer/g)?.length).toBe(request.match(/\/after/g)?.length)
    },
  )

  it('takes one write for all events of a turn', async () => {
    const { hub, port, began } = await serve(notWrapped)
    const client = connect(port)
    client.resume().write(get('/news'))
    const { socket } = await began
    await vi.waitUntil(() => hub.streams.size)
    const write = vi.spyOn(socket!, 'write')
    for (let n = 0; n < 9; n++) void hub.publish('news', n)
    await hub.publish('news', 9)
    expect(write).toHaveBeenCalledOnce()
    client.destroy()
  })

  it('drops what is pending when the socket dies halfway, and nobody else notices', async () => {
    const { hub, port, began } = await serve(notWrapped)
    const dying = connect(port).pause()
    dying.write(get('/news'))
    const { sse: stream } = await began
    const reading = connect(port)
    reading.write(get('/news'))
    await vi.waitUntil(() => hub.streams.size === 2)
    let received = ''
    reading.on('data', (data) => {
      received += data
    })
    for (let n = 0; n < 200; n++) {
      if (n === 150) dying.resetAndDestroy()
      await hub.publish('news', { n, text: 'x'.repeat(60_000) })
    }
    await vi.waitUntil(() => stream.closed && received.includes('"n":199'))
    expect(received.match(/"n":\d+/g)).toEqual(Array.from({ length: 200 }, (_, n) => `"n":${n}`))
    reading.destroy()
  })

  it('leaves no listener on a connection that is kept alive', async () => {
    const { hub, port, began } = await serve(notWrapped)
    const client = connect(port).pause()
    client.write(get('/news'))
    const response = await began
    const socket = response.socket!
    await vi.waitUntil(() => hub.streams.size)
    expect(socket.listenerCount('drain')).toBe(1)
    // A stream that is full waits for the drain.
    while (socket.listenerCount('drain') === 1) await hub.publish('news', 'x'.repeat(60_000))
    client.resume()
    response.sse.close()
    await vi.waitUntil(() => socket.listenerCount('drain') === 1)
    client.destroy()
  })
})

describe('whether the way to the socket is free', () => {
  const open: ListeningServer[] = []
  afterEach(() => {
    for (const server of open.splice(0)) server.close()
  })

  async function judged(request: string, prepare = (_response: ServerResponse) => {}) {
    const verdict = Promise.withResolvers<boolean>()
    const server = await listening((_request, response) => {
      prepare(response)
      response.flushHeaders()
      verdict.resolve(directSocketOf(response) !== undefined)
      response.end()
    })
    open.push(server)
    connect(server.port).resume().end(request)
    return verdict.promise
  }

  it.each([
    ['it is with HTTP/1.1', get('/'), undefined, true],
    ['not with HTTP/1.0, which has no chunks', 'GET / HTTP/1.0\r\n\r\n', undefined, false],
    [
      'not with a length',
      get('/'),
      (response: ServerResponse) => response.setHeader('Content-Length', 5),
      false,
    ],
    ['not while the response is corked', get('/'), (response: ServerResponse) => response.cork(), false],
    [
      'not when `write` was wrapped',
      get('/'),
      (response: ServerResponse) => {
        response.write = response.write.bind(response)
      },
      false,
    ],
  ])('%s', async (_, request, prepare, free) => {
    expect(await judged(request, prepare)).toBe(free)
  })

  it('not when a tracer has wrapped `write` of all responses', async () => {
    const original = Object.getOwnPropertyDescriptor(ServerResponse.prototype, 'write')
    const write = ServerResponse.prototype.write
    ServerResponse.prototype.write = function (this: ServerResponse, ...args: Parameters<typeof write>) {
      return write.apply(this, args)
    } as typeof write
    try {
      expect(await judged(get('/'))).toBe(false)
    } finally {
      if (original) Object.defineProperty(ServerResponse.prototype, 'write', original)
      else delete (ServerResponse.prototype as Partial<ServerResponse>).write
    }
  })
})
