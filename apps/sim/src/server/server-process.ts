import { type Broker, createHub, type Hub, SseError } from '@sse/core'
import { channels, sse } from '@sse/fetch'
import type { SimLog } from '../log/sim-log.ts'
import type { Truth } from '../log/truth.ts'
import type { Listener } from '../network/network.ts'
import { Program } from '../world/program.ts'
import type { World } from '../world/world.ts'
import { type AppData, lobby, news, prices, rooms } from './app-data.ts'

/** Codes of errors that faults explain. Any other error is a violation. */
const explained: ReadonlySet<string> = new Set([
  'log-unreachable',
  'log-locked',
  'closed',
  'not-ready',
  'busy',
  'log-busy',
])

/** One life of a server process: the real hub and the real adapter, with the routes of an app. */
export class ServerProcess implements Listener {
  readonly program: Program
  listening = false
  hub!: Hub
  broker!: Broker
  readonly #world: World
  readonly #log: SimLog
  readonly #data: AppData
  #routes!: Readonly<Record<string, (request: Request, user: string) => Promise<Response>>>

  constructor(world: World, name: string, log: SimLog, truth: Truth, data: AppData) {
    this.#world = world
    this.#log = log
    this.#data = data
    this.program = new Program(world, name)
    this.program.run(() => this.#boot(truth))
  }

  handle(request: Request): Promise<Response> {
    return this.#route(request)
  }

  /** The process ends at once. */
  kill(): void {
    this.listening = false
    this.program.kill()
    this.#log.died(this.program)
  }

  #boot(truth: Truth): void {
    this.broker = truth.observe(this.#log.connect(this.program))
    const hub = createHub({
      broker: this.broker,
      window: { entries: 60 },
      channel: (name) =>
        name === prices ? { records: true } : name === lobby ? { presence: true } : undefined,
      onError: (error) => this.#onError(error),
    })
    this.hub = hub
    hub.ready.catch(() => {})
    const open = sse({
      hub,
      key: (request) => userOf(request),
      authorize: async (request, channel) => this.#data.mayRead(userOf(request) ?? '', channel),
      presence: (request) => ({ user: userOf(request) }),
      limits: { perKey: 50, streams: 500 },
    })
    const change = channels(hub)
    this.#routes = {
      'GET /events': (request) =>
        open(request, (stream) => {
          const rewind = Number(new URL(request.url).searchParams.get('rewind') ?? 0)
          stream.subscribe(news, rewind > 0 ? { rewind } : {})
        }),
      'POST /events': (request) => change(request),
      'GET /list': (_, user) => this.#list(user),
    }
    this.listening = true
  }

  async #route(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/token') {
      const account = this.#data.account(searchParams.get('user')!)
      return account.banned ? new Response(null, { status: 403 }) : new Response(String(account.version))
    }
    const user = userOf(request) ?? ''
    const account = this.#data.account(user)
    if (account.banned) return new Response(null, { status: 403 })
    if (!request.headers.get('Authorization')?.endsWith(` ${account.version}`))
      return new Response(null, { status: 401 })
    const route = this.#routes[`${request.method} ${pathname}`]
    return route ? route(request, user) : new Response(null, { status: 404 })
  }

  /** The position first, and then the items: what comes between them is in both. */
  async #list(user: string): Promise<Response> {
    let position: string
    try {
      position = this.hub.position
    } catch {
      return new Response(null, { status: 503 })
    }
    const readable = [news, ...rooms.filter((room) => this.#data.mayRead(user, room))]
    // The database takes its time.
    await new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * 20))
    const items = this.#data.items.filter(({ channel }) => readable.includes(channel))
    return Response.json({ position, items: items.map(({ n, channel }) => ({ n, channel })) })
  }

  #onError(error: unknown): void {
    const code = error instanceof SseError ? error.code : undefined
    this.#world.note(this.program.name, `onError ${code ?? error}`)
    if (!code || !explained.has(code))
      this.#world.violate(
        `the hub of ${this.program.name} reported ${error instanceof Error ? error.stack : error}`,
      )
  }
}

function userOf(request: Request): string | undefined {
  return request.headers.get('Authorization')?.split(' ')[0]
}
