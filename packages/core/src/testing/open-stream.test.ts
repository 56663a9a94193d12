import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { Listening } from './listening.ts'
import { openStream } from './open-stream.ts'

const eventStream = { 'Content-Type': 'text/event-stream; charset=utf-8' }

/** What Express makes of handlers: something that is listened to by a server of its own each time. */
function application(handler: RequestListener): Listening & { servers: ReturnType<typeof createServer>[] } {
  const servers: ReturnType<typeof createServer>[] = []
  return {
    servers,
    listen: (port, callback) => {
      const server = createServer(handler)
      servers.push(server)
      return server.listen(port, callback)
    },
  }
}

/** A stream that says this, and then what the test does with its response. */
function streaming(text: string | Buffer, then: (response: ServerResponse) => void = () => {}) {
  return application((_request, response) => {
    response.writeHead(200, eventStream)
    response.write(text, () => then(response))
  })
}

const ended = (response: ServerResponse) => void response.end()
const broken = (response: ServerResponse) => void response.destroy()

/** Answers what was asked. */
const echo = application((request, response) => {
  let body = ''
  request.on('data', (chunk) => {
    body += chunk
  })
  request.on('end', () => {
    const { method, url, headers } = request
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify({ method, url, headers, body }))
  })
})

describe('openStream listens', () => {
  it('to an application, while the stream is open', async () => {
    const app = streaming('data: x\n\n')
    {
      await using stream = await openStream(app, '/')
      expect(await stream.next()).toMatchObject({ data: 'x' })
      expect(app.servers[0]!.listening).toBe(true)
    }
    expect(app.servers[0]!.listening).toBe(false)
  })

  it('to each of several streams of an application apart', async () => {
    const app = streaming('data: x\n\n')
    await using one = await openStream(app)
    {
      using other = await openStream(app)
      await other.next()
    }
    expect(await one.next()).toMatchObject({ data: 'x' })
    expect(app.servers.map((server) => server.listening)).toEqual([true, false])
  })

  it('to a server that does not listen yet, again and again', async () => {
    const server = createServer((_request, response) =>
      response.writeHead(200, eventStream).end('data: x\n\n'),
    )
    for (const _ of [1, 2]) {
      await using stream = await openStream(server)
      expect(await stream.next()).toMatchObject({ data: 'x' })
    }
    expect(server.listening).toBe(false)
  })

  it.each(['127.0.0.1', undefined])(
    'not to a server that does already (on %s), nor ends it',
    async (host) => {
      const server = createServer((_request, response) =>
        response.writeHead(200, eventStream).end('data: x\n\n'),
      )
      await once(server.listen(0, host), 'listening')
      const { port } = server.address() as AddressInfo
      for (const target of [
        server,
        `http://localhost:${port}`,
        new URL(`http://localhost:${port}/elsewhere`),
      ]) {
        await using stream = await openStream(target, '/events')
        expect(await stream.next()).toMatchObject({ data: 'x' })
      }
      expect(server.listening).toBe(true)
      server.close()
    },
  )

  it('and says so when it cannot', async () => {
    const failing = createServer()
    failing.listen = (() => {
      process.nextTick(() => failing.emit('error', new Error('listen EACCES')))
      return failing
    }) as typeof failing.listen
    await expect(openStream(failing)).rejects.toThrow('listen EACCES')
    const refusing = (_port: number, callback: (error?: Error) => void) => {
      callback(new Error('listen EADDRINUSE'))
      return failing
    }
    await expect(openStream({ listen: refusing })).rejects.toThrow('listen EADDRINUSE')
    for (const target of [undefined, {}, () => {}]) {
      await expect(openStream(target as unknown as Listening)).rejects.toThrow('give an Express application')
    }
  })
})

describe('openStream asks', () => {
  it('for an event stream, by GET', async () => {
    await using stream = await openStream(echo, '/events?a=1')
    expect(await stream.json()).toMatchObject({
      method: 'GET',
      url: '/events?a=1',
      headers: { accept: 'text/event-stream' },
    })
  })

  it('with a method, headers, a body, a cursor and channels', async () => {
    await using stream = await openStream(echo, '/events?a=1', {
      method: 'POST',
      headers: { Accept: 'application/json', 'X-User': 'mina' },
      body: '{"x":1}',
      lastEventId: '커서',
      channels: ['news', 'user:7'],
    })
    expect(await stream.json()).toMatchObject({
      method: 'POST',
      url: '/events?a=1&channels=news,user%3A7',
      headers: {
        accept: 'application/json',
        'x-user': 'mina',
        'last-event-id': Buffer.from('커서').toString('latin1'),
      },
      body: '{"x":1}',
    })
  })

  it('and rejects when nothing answers, with the reason', async () => {
    const server = createServer()
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    await expect(openStream(`http://127.0.0.1:${port}`, '/events')).rejects.toThrow(
      `GET http://127.0.0.1:${port}/events was not answered: connect ECONNREFUSED 127.0.0.1:${port}`,
    )
  })

  it('and ends the server when it hangs up instead of an answer', async () => {
    const app = application((request) => request.socket.destroy())
    await expect(openStream(app, '/events')).rejects.toThrow(/was not answered: other side closed/)
    expect(app.servers[0]!.listening).toBe(false)
    await expect(openStream(streaming(''), '/', { headers: { 'no header': '' } })).rejects.toThrow(
      'no header',
    )
  })
})

describe('an answer that is no stream', () => {
  const refusing = application((_request, response) => {
    response.writeHead(403, { 'Content-Type': 'application/problem+json' }).end('{"title":"Forbidden"}')
  })

  it('can be looked at', async () => {
    await using answer = await openStream(refusing, '/events')
    expect([answer.isStream, answer.status]).toEqual([false, 403])
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await answer.text()).toBe('{"title":"Forbidden"}')
    expect(await answer.json()).toEqual({ title: 'Forbidden' })
  })

  it('is not read as if it were one', async () => {
    await using answer = await openStream(refusing, '/events')
    const said =
      'GET /events did not answer a stream, but 403, application/problem+json, {"title":"Forbidden"}'
    await expect(answer.read()).rejects.toThrow(said)
    await expect(answer.next('a')).rejects.toThrow(said)
    await expect(answer.take(1, 'a')).rejects.toThrow(said)
    await expect(answer.rest()).rejects.toThrow(said)
    await using none = await openStream(application((_request, response) => response.writeHead(204).end()))
    await expect(none.read()).rejects.toThrow('GET / did not answer a stream, but 204, no content type')
  })

  it('has no text when it is one', async () => {
    await using stream = await openStream(streaming('data: x\n\n'))
    await expect(stream.text()).rejects.toThrow(
      'GET / answered a stream: read it by read, next, take or rest.',
    )
    await expect(stream.json()).rejects.toThrow('answered a stream')
  })
})

describe('a stream is read', () => {
  const said = '\ufeff: hi\nretry: 5\n\nid: 1\nevent: greeting\ndata: 안녕 🐎\ndata\n\ndata: x\nretry: 7\n\n'
  const items = [
    { type: 'comment', text: 'hi' },
    { type: 'retry', retry: 5 },
    { type: 'event', event: 'greeting', data: '안녕 🐎\n', id: '1', retry: undefined },
    { type: 'event', event: 'message', data: 'x', id: '1', retry: 7 },
  ]

  describe.each(['\n', '\r\n', '\r'])('with lines that end in %j', (lineEnd) => {
    const bytes = Buffer.from(said.replaceAll('\n', lineEnd))

    it.each([1, 2, 3, 5, 1_000])('in chunks of %i bytes', async (size) => {
      const app = application(async (_request, response) => {
        response.writeHead(200, eventStream).flushHeaders()
        for (let from = 0; from < bytes.length; from += size) {
          await new Promise((resolve) => response.write(bytes.subarray(from, from + size), resolve))
        }
        response.end()
      })
      await using stream = await openStream(app)
      expect(await stream.rest()).toEqual(items)
    })
  })

  it('item by item, at the pace of the test, and knows where a client would be', async () => {
    await using stream = await openStream(streaming(said))
    expect([stream.lastEventId, stream.retry]).toEqual([undefined, undefined])
    expect(await stream.read()).toEqual(items[0])
    expect(await stream.read()).toEqual(items[1])
    expect([stream.lastEventId, stream.retry]).toEqual([undefined, 5])
    expect(await stream.read()).toEqual(items[2])
    expect([stream.lastEventId, stream.retry]).toEqual(['1', 5])
    expect(await stream.read()).toEqual(items[3])
    expect([stream.lastEventId, stream.retry]).toEqual(['1', 7])
  })

  it('event by event, by name or any; comments that were passed over are kept', async () => {
    await using stream = await openStream(streaming(`${said}:bye\ndata: y\n\nevent: z\ndata: z\n\n`))
    expect(await stream.next('message')).toEqual(items[3])
    expect(await stream.take(2)).toMatchObject([{ data: 'y' }, { data: 'z' }])
    expect(stream.comments).toEqual(['hi', 'bye'])
  })

  it('in a loop, which can be left and begun again', async () => {
    await using stream = await openStream(streaming(said, ended))
    for await (const item of stream) if (item.type === 'retry') break
    const seen: unknown[] = []
    for await (const item of stream) seen.push(item)
    expect(seen).toEqual(items.slice(2))
  })

  it('in the order of the calls when they overlap', async () => {
    await using stream = await openStream(streaming(said, ended))
    const reads = [1, 2, 3, 4, 5, 6].map(() => stream.read())
    expect(await Promise.all(reads)).toEqual([...items, undefined, undefined])
  })
})

describe('the end of a stream', () => {
  it('is told once and for all: ended by the server', async () => {
    await using stream = await openStream(streaming('data: x\n\ndata: cut', ended))
    expect(stream.state).toBe('open')
    expect(await stream.rest()).toMatchObject([{ data: 'x' }])
    expect(await stream.read()).toBeUndefined()
    expect(await stream.rest()).toEqual([])
    expect(stream.state).toBe('ended')
    await stream.close()
    expect(stream.state).toBe('ended')
  })

  it('is another one when the connection breaks', async () => {
    await using stream = await openStream(streaming('data: x\n\n', broken))
    expect(await stream.rest()).toMatchObject([{ data: 'x' }])
    expect(stream.state).toBe('broken')
    await expect(stream.next()).rejects.toThrow('The connection broke before an event.')
  })

  it('is an error for who waits for an event, which says what came instead', async () => {
    await using stream = await openStream(streaming('event: a\ndata:\n\ndata:\n\n', ended))
    await expect(stream.next('b')).rejects.toThrow(
      'The stream ended before the event b. These came: a, message.',
    )
    await expect(stream.take(2)).rejects.toThrow('The stream ended before an event.')
  })

  it('comes to reads that wait when the test closes the stream', async () => {
    const left = Promise.withResolvers<void>()
    const app = streaming('data: x\n\n', (response) => response.on('close', left.resolve))
    const stream = await openStream(app)
    await stream.next()
    const [read, next] = [stream.read(), stream.next('never')]
    const failed = expect(next).rejects.toThrow('The test closed the stream before the event never.')
    await stream.close()
    await stream.close()
    expect(await read).toBeUndefined()
    await failed
    await left.promise
    expect([stream.state, await stream.read()]).toEqual(['closed', undefined])
  })

  it('is the last that is read, also of what came before the test closed it', async () => {
    const stream = await openStream(streaming('data: 1\n\ndata: 2\n\n'))
    await stream.next()
    await stream.close()
    expect(await stream.rest()).toEqual([])
    expect(stream.state).toBe('closed')
  })
})
