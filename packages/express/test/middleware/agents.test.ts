import { openStream } from '@sse/express/testing'
import { startServer } from '@sse/testbed/server-process'
import { describe, expect, it } from 'vitest'
import type { Census, Command } from './agents.server.ts'

const packages = { 'Express 5': 'express', 'Express 4': 'express4' } as const
/** A process of its own may take its time on a busy machine. */
const patience = { timeout: 20_000 }
const agents = ['opentelemetry', 'sentry', 'byte-counter'] as const

describe.each(Object.entries(packages))('on %s', (_, name) => {
  async function serve(agent: (typeof agents)[number]) {
    const agentFile = new URL(`./agents/${agent}.ts`, import.meta.url).href
    const options = { args: [name], nodeOptions: [`--import=${agentFile}`] }
    const server = await startServer(new URL('agents.server.ts', import.meta.url), options)
    return {
      get: (path: string, accept = 'text/event-stream') =>
        openStream(`http://localhost:${server.port}`, path, { headers: { Accept: accept } }),
      publish: (publish: string) => server.ask({ publish } satisfies Command),
      census: () => server.ask<Census>({ census: true } satisfies Command),
    }
  }

  it.each(agents)('under %s events, polls, refusals and errors are as without it', async (agent) => {
    const { get, publish, census } = await serve(agent)
    const stream = await get('/events')
    const { id } = await stream.next('sse.open')
    await publish('one')
    expect((await stream.next('message')).data).toBe('one')

    const refused = await get('/events')
    await refused.rest()
    expect(refused.retry).toBeGreaterThanOrEqual(5_000)
    expect((await get('/events', 'application/json')).status).toBe(503)
    await stream.close()
    await expect.poll(async () => (await census()).streams, patience).toBe(0)

    const poll = await (await get(`/events?lastEventId=${id}`, 'application/json')).json()
    expect(poll).toMatchObject({ events: [{ data: 'one' }] })
    expect((await get('/thrown')).status).toBe(500)
    const failing = await get('/failing')
    expect((await failing.next('message')).data).toBe('one')
    await failing.rest()
    expect(failing.state).toBe('broken')
    expect(await (await get('/plain')).text()).toBe('plain')
    // Express cuts the response when an error comes after its head, and that is reported.
    expect((await census()).errors).toEqual([expect.stringContaining('GET /failing was cut')])
  })

  it.each(['opentelemetry', 'sentry'] as const)(
    'the spans of %s end when the stream opens, not when it ends',
    async (agent) => {
      const { get, publish, census } = await serve(agent)
      const requests = async () => (await census()).spans.filter(({ kind }) => kind === 'request')
      const stream = await get('/events')
      await stream.next('sse.open')
      expect(await requests()).toEqual([{ name: 'GET /events', kind: 'request' }])
      await publish('one')
      expect((await stream.next('message')).data).toBe('one')
      const { spans } = await census()
      await stream.close()
      await expect.poll(async () => (await census()).streams, patience).toBe(0)
      await (await get('/plain')).text()
      await expect.poll(requests, patience).toHaveLength(2)
      // What came after are the spans of the other request: none of the stream was left.
      const later = (await census()).spans.slice(spans.length)
      expect(later.filter(({ name }) => name.includes('/events'))).toEqual([])
    },
  )

  it('an agent that wraps `write` before anything else is loaded sees every byte', async () => {
    const { get, publish, census } = await serve('byte-counter')
    const stream = await get('/events')
    await stream.next('sse.open')
    const before = (await census()).bytes
    for (let count = 0; count < 10; count++) await publish('x'.repeat(1_000))
    await stream.take(10, 'message')
    expect((await census()).bytes - before).toBeGreaterThan(10_000)
    await stream.close()
  })
})
