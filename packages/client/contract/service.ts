/**
 * Puts `@sse/client` into the hands of a harness that speaks the JSON protocol of LaunchDarkly's sse-contract-tests.
 *
 *     PORT=8000 pnpm --filter @sse/client contract-service
 *     ./sse-contract-tests --url http://localhost:8000
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSseClient, type SseClient, type SseState } from '../src/index.ts'

/**
 * What holds. Not among them: `comments` (EventSource hides them), `post` and `report` (EventSource only GETs).
 */
const capabilities = [
  'bom',
  'event-type-listeners',
  'headers',
  'last-event-id',
  'read-timeout',
  'restart',
  'server-directed-shutdown-request',
]

interface CreateStream {
  readonly streamUrl: string
  readonly callbackUrl: string
  readonly initialDelayMs?: number | null
  readonly readTimeoutMs?: number | null
  readonly lastEventId?: string | null
  readonly headers?: Record<string, string> | null
  readonly method?: string | null
  readonly body?: string | null
}

type Command =
  | { readonly command: 'listen'; readonly listen: { readonly type: string } }
  | { readonly command: 'restart' }

/** One client, and the harness that is told what it hears. */
interface Entity {
  readonly client: SseClient
  listen(event: string): void
}

function createEntity(stream: CreateStream): Entity {
  const { initialDelayMs, lastEventId, readTimeoutMs } = stream
  const client = createSseClient(stream.streamUrl, {
    // The harness wants the standard's Accept and nothing beside it.
    headers: { Accept: 'text/event-stream', ...stream.headers },
    lastEventId: lastEventId ?? undefined,
    backoff: { base: initialDelayMs ?? undefined },
    watchdog: readTimeoutMs ?? 'auto',
    parse: 'text',
    polls: false,
  })
  const tell = createTeller(stream.callbackUrl)
  const names = new Set<string>()
  const listen = (name: string) => {
    if (names.has(name)) return
    names.add(name)
    client.on(name, (data, { event, id }) => tell({ kind: 'event', event: { type: event, data, id } }))
  }
  listen('message')
  client.on('sse.state', (state: SseState) => {
    const error = 'error' in state ? state.error?.message : undefined
    if (error !== undefined) tell({ kind: 'error', error, comment: error })
  })
  client.connect()
  return { client, listen }
}

/** Callbacks are counted and sent one after the other. */
function createTeller(callbackUrl: string): (message: object) => void {
  let count = 0
  let sent: Promise<unknown> = Promise.resolve()
  return (message) => {
    const url = `${callbackUrl.replace(/\/$/, '')}/${++count}`
    const init = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(message),
    }
    // A harness that has gone wants to know nothing.
    sent = sent.then(() => fetch(url, init).then((response) => response.arrayBuffer())).catch(() => {})
  }
}

const entities = new Map<string, Entity>()
let newest = 0

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const reply = (status: number, headers: Record<string, string> = {}, body = '') =>
    response.writeHead(status, headers).end(body)
  const path = request.url ?? '/'
  const entity = entities.get(path)
  const method = path === '/' ? `${request.method} /` : `${request.method} entity`
  if (method === 'GET /')
    return void reply(200, { 'Content-Type': 'application/json' }, JSON.stringify({ capabilities }))
  if (method === 'DELETE /') {
    reply(204)
    return stop()
  }
  if (method === 'POST /') {
    const stream = (await bodyOf(request)) as CreateStream
    if (stream.body || (stream.method && stream.method !== 'GET')) return void reply(400)
    const name = `/${++newest}`
    entities.set(name, createEntity(stream))
    return void reply(201, { Location: name })
  }
  if (!entity) return void reply(404)
  if (method === 'DELETE entity') {
    entity.client.close()
    entities.delete(path)
    return void reply(204)
  }
  const command = (await bodyOf(request)) as Command
  if (command.command === 'listen') entity.listen(command.listen.type)
  else if (command.command === 'restart') entity.client.reconnect()
  else return void reply(400)
  reply(202)
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return JSON.parse(text)
}

function stop(): void {
  for (const { client } of entities.values()) client.close()
  server.close()
  server.closeIdleConnections()
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => response.writeHead(400).end(String(error)))
})
process.once('SIGTERM', stop)
server.listen(Number(process.env['PORT'] ?? 8000))
await once(server, 'listening')
console.log(`Contract service on http://localhost:${(server.address() as AddressInfo).port}`)
