import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { openStream } from '@sse/express/testing'
import { describe, expect, it, vi } from 'vitest'
import { expressVersions } from '../test/express-versions.ts'
import { createHub, sse } from './index.ts'

describe.each(expressVersions)('res.sse.close on %s', (_, express) => {
  it('ends the response after what was sent', async () => {
    const app = express().use(sse())
    app.get('/', (_req, res) => {
      res.sse.send('one')
      res.sse.close()
    })
    using stream = await openStream(app, '/')
    expect((await stream.rest()).at(-1)).toMatchObject({ type: 'event', data: 'one' })
  })

  it('answers 204 when nothing was opened and the client shall stay away', async () => {
    const app = express().use(sse())
    app.get('/', (_req, res) => res.sse.close({ reconnect: false }))
    using stream = await openStream(app, '/')
    expect(stream.status).toBe(204)
  })

  it('lets the server close at once after hub.close', async () => {
    const hub = createHub()
    const app = express().use(sse({ hub }))
    app.get('/', (_req, res) => void res.sse.subscribe('a'))
    const server = app.listen(0)
    await vi.waitUntil(() => server.listening)
    const { port } = server.address() as { port: number }
    using stream = await openStream(`http://localhost:${port}`, '/')
    await stream.next('sse.open')
    const closed = new Promise((resolve) => server.close(resolve))
    await hub.close({ retry: [2_000, 2_000] })
    expect(JSON.parse((await stream.next('sse.close')).data)).toEqual({
      reconnect: 2_000,
      reason: 'shutdown',
    })
    await closed
  })

  it('opens no stream for a request that was half sent when the hub closed', async () => {
    const hub = createHub()
    const app = express().use(sse({ hub }))
    app.get('/', (_req, res) => void res.sse.subscribe('a'))
    const server = app.listen(0)
    await once(server, 'listening')
    const client = connect((server.address() as AddressInfo).port)
    const sockets = once(server, 'connection')
    client.write('GET / HTTP/1.1\r\nHost: localhost\r\n')
    await sockets
    const closed = new Promise((resolve) => server.close(resolve))
    await hub.close({ retry: [2_000, 2_000] })
    client.write('\r\n')
    const answer = await text(client)
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n.*Connection: close.*\nretry: 2000\n\n/s)
    await closed
  })
})
