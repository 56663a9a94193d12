import { EventSource } from 'eventsource'
import { describe, expect, it, vi } from 'vitest'
import { expressVersions } from '../test/express-versions.ts'
import { createHub, sse } from './index.ts'

describe.each(expressVersions)('res.sse.subscribe on %s', (_, express) => {
  it('is carried by a real EventSource over a lost connection, without loss or repetition', async () => {
    const hub = createHub()
    const app = express().use(sse({ hub }))
    app.get('/events', (_req, res) => void res.sse.subscribe('news'))
    const server = app.listen(0)
    await vi.waitUntil(() => server.listening)
    const { port } = server.address() as { port: number }
    const source = new EventSource(`http://localhost:${port}/events`)
    const seen: string[] = []
    source.addEventListener('message', (event) => seen.push(event.data))
    await vi.waitUntil(() => hub.streams.size === 1)
    await hub.publish('news', '1')
    await vi.waitUntil(() => seen.length === 1)
    for (const stream of hub.streams) stream.close({ reconnect: 0 })
    await hub.publish('news', '2')
    await vi.waitUntil(() => seen.length === 2)
    await hub.publish('news', '3')
    await vi.waitUntil(() => seen.length === 3)
    expect(seen).toEqual(['1', '2', '3'])
    source.close()
    server.close()
    server.closeAllConnections()
  })
})
