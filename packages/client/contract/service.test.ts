import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createScriptedServer, startProcess } from '@sse/testbed'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'

let service: Awaited<ReturnType<typeof startProcess>>
let url: string

beforeAll(async () => {
  service = await startProcess(process.execPath, ['--conditions=@sse/source', 'contract/service.ts'], {
    cwd: new URL('..', import.meta.url).pathname,
    env: { PORT: '0' },
    ready: /http:\/\/localhost:\d+/,
  })
  url = service.ready[0]
})

afterAll(() => service?.kill())

const send = (to: string, method: string, body?: object) =>
  fetch(new URL(to, url), { method, ...(body && { body: JSON.stringify(body) }) })

/** What a harness is told: one callback after the other, in the order of their numbers. */
async function createHarness() {
  const messages = new Map<number, unknown>()
  const waiting = new Map<number, (message: unknown) => void>()
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const number = Number(request.url?.split('/').at(-1))
    messages.set(number, JSON.parse(body))
    waiting.get(number)?.(messages.get(number))
    response.writeHead(202).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  let taken = 0
  return {
    callbackUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/endpoints/1`,
    next() {
      const number = ++taken
      if (messages.has(number)) return Promise.resolve(messages.get(number))
      return new Promise((resolve) => waiting.set(number, resolve))
    },
  }
}

async function createStream(more: object = {}) {
  const server = await createScriptedServer()
  const harness = await createHarness()
  const { callbackUrl } = harness
  const made = await send('/', 'POST', { streamUrl: server.url, callbackUrl, ...more })
  const entity = made.headers.get('Location') ?? ''
  onTestFinished(() => void send(entity, 'DELETE').catch(() => {}))
  return { status: made.status, entity, server, harness, stream: await server.next() }
}

describe('the contract service', () => {
  it('tells what it can do', async () => {
    const response = await send('/', 'GET')
    expect(response.status).toBe(200)
    expect((await response.json()).capabilities).toContain('event-type-listeners')
  })

  it('makes a client, with the head that a harness expects, and tells events by number', async () => {
    const headers = { 'header-name-1': 'value-1' }
    const { status, stream, harness } = await createStream({ lastEventId: 'abc', headers })
    expect(status).toBe(201)
    expect(stream.headers).toMatchObject({
      accept: 'text/event-stream',
      'cache-control': 'no-cache',
      'last-event-id': 'abc',
      ...headers,
    })
    stream.open('data: Hello\n\nid: 7\ndata: {"a":1}\n\n')
    expect(await harness.next()).toEqual({
      kind: 'event',
      event: { type: 'message', data: 'Hello', id: 'abc' },
    })
    expect(await harness.next()).toEqual({
      kind: 'event',
      event: { type: 'message', data: '{"a":1}', id: '7' },
    })
  })

  it('listens for the types it is told', async () => {
    const { entity, stream, harness } = await createStream()
    stream.open()
    const listen = { command: 'listen', listen: { type: 'greeting' } }
    expect((await send(entity, 'POST', listen)).status).toBe(202)
    stream.send({ event: 'other', data: 'no' })
    stream.send({ event: 'greeting', data: 'yes' })
    expect(await harness.next()).toMatchObject({ event: { type: 'greeting', data: 'yes' } })
  })

  it('restarts', async () => {
    const { entity, server, stream } = await createStream()
    stream.open()
    await send(entity, 'POST', { command: 'restart' })
    await stream.closed
    expect((await server.next()).method).toBe('GET')
  })

  it('tells an error and connects again when the stream breaks, and when it is silent for too long', async () => {
    const { server, stream, harness } = await createStream({ initialDelayMs: 0, readTimeoutMs: 200 })
    stream.open()
    stream.destroy()
    expect(await harness.next()).toMatchObject({ kind: 'error', error: expect.any(String) })
    const second = await server.next()
    second.open()
    expect(await harness.next()).toMatchObject({ kind: 'error', error: expect.stringContaining('silent') })
    await server.next()
  })

  it('ends a client, and knows it no more', async () => {
    const { entity, stream } = await createStream()
    stream.open()
    expect((await send(entity, 'DELETE')).status).toBe(204)
    await stream.closed
    expect((await send(entity, 'POST', { command: 'restart' })).status).toBe(404)
  })

  it.each([['a command it does not know', { command: 'dance' }]])('refuses %s', async (_, body) => {
    const { entity, stream } = await createStream()
    stream.open()
    expect((await send(entity, 'POST', body)).status).toBe(400)
  })

  it('refuses a stream it cannot make', async () => {
    expect((await send('/', 'POST', { streamUrl: 'nowhere', callbackUrl: url })).status).toBe(400)
    const post = { streamUrl: url, callbackUrl: url, method: 'POST', body: 'x' }
    expect((await send('/', 'POST', post)).status).toBe(400)
  })
})

it('ends when it is told to', async () => {
  expect((await send('/', 'DELETE')).status).toBe(204)
  expect(await service.exited).toMatchObject({ code: 0 })
})
