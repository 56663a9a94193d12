import { once } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Response } from 'express'
import { afterEach, describe, expect, it } from 'vitest'
import { expressVersions } from '../test/express-versions.ts'
import { createHub, sse } from './index.ts'

type Stream = Response['sse']

const big = 'x'.repeat(60_000)

describe.each(expressVersions)('a client that does not read, on %s', (_, express) => {
  const open: (Server | Socket)[] = []
  afterEach(() => {
    for (const one of open.splice(0)) {
      if ('listen' in one) one.close()
      else one.destroy()
    }
  })

  /** A client that asks for a stream and then takes nothing. */
  async function setUp(options: { stall?: number; maxUnread?: number } = {}) {
    const hub = createHub({ window: { bytes: 64_000_000 } })
    const opened = Promise.withResolvers<Stream>()
    const app = express().use(sse({ hub, ...options }))
    app.get('/news', (_req, res) => {
      opened.resolve(res.sse.subscribe('news'))
    })
    app.get('/clock', (_req, res) => {
      res.sse.comment()
      opened.resolve(res.sse)
    })
    const server = app.listen(0)
    await once(server, 'listening')
    const client = connect((server.address() as AddressInfo).port)
    open.push(client, server)
    client.on('error', () => {})
    const ask = async (path: string) => {
      client.pause()
      client.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      return opened.promise
    }
    return { hub, client, ask }
  }

  const ended = (stream: Stream) =>
    new Promise((resolve) =>
      stream.signal.addEventListener('abort', () => resolve(stream.signal.reason.code)),
    )

  it('is cut off when it takes nothing for as long as `stall`', async () => {
    const { hub, ask } = await setUp({ stall: 200 })
    const stream = await ask('/news')
    const end = ended(stream)
    while (!stream.closed && hub.stats().entries < 1000) await hub.publish('news', big)
    expect(await end).toBe('stalled')
    expect(hub.stats()).toMatchObject({ streams: 0, channels: 0 })
  })

  it('is cut off when more is sent to it than `maxUnread`', async () => {
    const { ask } = await setUp({ maxUnread: 500_000 })
    const stream = await ask('/clock')
    const end = ended(stream)
    while (!stream.closed) stream.send(big)
    expect(await end).toBe('overflow')
  })

  it('receives everything, in order, when it reads again in time', async () => {
    const { hub, client, ask } = await setUp()
    await ask('/news')
    const count = 500
    for (let n = 0; n < count; n++) await hub.publish('news', `${n} ${big}`)
    let text = ''
    client.setEncoding('latin1').on('data', (chunk) => {
      text += chunk
    })
    client.resume()
    await expect.poll(() => text.includes(`data: ${count - 1} x`), { timeout: 10_000 }).toBe(true)
    const seen = [...text.matchAll(/^data: (\d+) x/gm)].map((match) => Number(match[1]))
    expect(seen).toEqual(Array.from({ length: count }, (_, n) => n))
  })
})
