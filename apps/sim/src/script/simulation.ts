import type { Hub } from '@sse/core'
import { Browser } from '../browser/browser.ts'
import { createSimLog, type SimLog, type SimLogKind } from '../log/sim-log.ts'
import { Truth } from '../log/truth.ts'
import { Network } from '../network/network.ts'
import { type Page, type PageOptions, Tab } from '../page/page.ts'
import type { RunPart } from '../page/page-ledger.ts'
import { AppData, type Item, job, lobby, prices } from '../server/app-data.ts'
import { ServerProcess } from '../server/server-process.ts'
import type { Program } from '../world/program.ts'
import type { World } from '../world/world.ts'

export interface Setup {
  readonly log: SimLogKind
  /** Server processes. A log in memory or in a file has one. */
  readonly processes: number
  readonly browsers: number
  /** Whether a proxy is between the browsers and the servers. */
  readonly proxied: boolean
  /** Whether all tabs share the connection of their browser. Default: about half of them. */
  readonly shared?: boolean | undefined
}

/** Everything that exists in one simulation, and what the app does all the time. */
export class Simulation {
  readonly world: World
  readonly network: Network
  readonly log: SimLog
  readonly truth: Truth
  readonly data = new AppData()
  readonly browsers: Browser[] = []
  readonly tabs: Tab[] = []
  /** By their place behind the balancer. */
  readonly servers: (ServerProcess | undefined)[] = []
  /** The prices in the log, as read at the end. */
  records: ReadonlyMap<string, unknown> = new Map()
  readonly #users = new Map<Browser, string>()
  /** Hubs that are being closed. */
  closing = 0
  /** Whether a run has finished after the faults. Then none that a dead process had is in its way. */
  hasRun = false
  readonly shared: boolean
  readonly #waiting = new Set<{ readonly what: string; readonly program: Program }>()
  #runs = 0
  #volatile = 0
  #lives = 0
  #tabCount = 0

  constructor(world: World, { log, processes, browsers, proxied, shared = false }: Setup) {
    this.world = world
    this.shared = shared
    this.network = new Network(world)
    this.truth = new Truth(() => world.now)
    this.log = createSimLog(log, world, (entry) => this.truth.add(entry))
    const places = log === 'memory' || log === 'sqlite' ? 1 : processes
    for (let place = 0; place < places; place++) this.startServer(place)
    for (let count = 0; count < browsers; count++) {
      const browser = new Browser(world, this.network, `b${count}`, proxied)
      this.browsers.push(browser)
      this.#users.set(browser, `u${count}`)
      browser.local.set('token', '1')
    }
    const every = (delay: number, run: () => void) => {
      const tick = () => {
        run()
        world.outside.later(delay, tick)
      }
      world.outside.later(delay, tick)
    }
    every(10_000, () => this.#publishPending())
  }

  get pages(): Page[] {
    return this.tabs.map(({ page }) => page)
  }

  userOf(browser: Browser): string {
    return this.#users.get(browser)!
  }

  logIn(browser: Browser, user: string): void {
    this.#users.set(browser, user)
    browser.local.set('token', String(this.data.account(user).version))
  }

  openTab(browser: Browser, options: PageOptions): void {
    this.tabs.push(new Tab(this, browser, `${browser.name}.t${this.#tabCount++}`, options))
  }

  startServer(place: number): void {
    const server = new ServerProcess(
      this.world,
      `s${place}.${this.#lives++}`,
      this.log,
      this.truth,
      this.data,
    )
    this.servers[place] = server
    this.network.listeners.push(server)
  }

  /** @param tells whether the kernels of its clients learn it */
  killServer(place: number, tells: boolean): void {
    const server = this.servers[place]
    if (!server) return
    this.servers[place] = undefined
    server.kill()
    this.#remove(server)
    for (const exchange of this.network.exchanges) if (exchange.server === server) exchange.serverDied(tells)
  }

  /** A deploy: the new process starts while the old one ends its streams. */
  deploy(place: number, drain: number): void {
    if (!this.servers[place]) return
    this.stop(place, drain)
    this.world.outside.later(this.world.outside.random() * 3_000, () => {
      if (!this.servers[place]) this.startServer(place)
    })
  }

  stop(place: number, drain = 0): void {
    const old = this.servers[place]
    if (!old) return
    this.servers[place] = undefined
    this.closing++
    old.program.later(0, () => {
      old.listening = false
      this.#remove(old)
      old.hub.close({ drain }).then(
        () => {
          this.closing--
          this.log.left(old.program)
          this.world.note(old.program.name, 'closed')
        },
        (error) => this.world.violate(`${old.program.name} could not be closed: ${error}`),
      )
    })
  }

  /** A program waits for this. Once no more faults happen it must be told how it ended, unless the program has ended before. */
  awaits(what: string, program: Program, ended: Promise<unknown>): void {
    const waiting = { what, program }
    this.#waiting.add(waiting)
    const settled = () => this.#waiting.delete(waiting)
    ended.then(settled, settled)
  }

  /** Why something is not as it should be when everything has settled. */
  judge(): string | undefined {
    for (const { what, program } of this.#waiting)
      if (program.alive) return `${program.name} still waits: ${what}`
    const pending = this.data.items.filter(({ state }) => state === 'pending')
    if (pending.length > 0) return `the items ${pending.map(({ n }) => n)} are not published`
    for (const page of this.pages) {
      const wrong = page.judge()
      if (wrong !== undefined) return `${page.name} ${wrong}`
    }
    return undefined
  }

  /** A process that runs. */
  anyServer(choice: number): ServerProcess | undefined {
    const running = this.servers.filter((server) => server?.listening && !server.program.paused)
    return running[choice % Math.max(1, running.length)]
  }

  /** The app stores an item, and publishes it until the log has it. */
  publish(channel: string, choice: number): Item {
    const item = this.data.insert(channel, this.world.now)
    this.#publishItem(item, choice)
    return item
  }

  setRecord(record: string, value: number, choice: number): void {
    const server = this.anyServer(choice)
    server?.program.later(0, () => {
      const published = server.hub.publish(prices, value, { event: 'price', record })
      this.awaits(`publish of ${record}`, server.program, published)
    })
  }

  /** Calls the hub of a process that runs. Faults may fail the call. */
  onServer(what: string, choice: number, call: (hub: Hub) => Promise<unknown>): void {
    const server = this.anyServer(choice)
    const note = (line: string) => this.world.note(server!.program.name, `${what} ${line}`)
    server?.program.later(0, () => {
      note('called')
      const ended = call(server!.hub).then(
        () => note('done'),
        (error) => note(`failed: ${error.code ?? error}`),
      )
      this.awaits(what, server!.program, ended)
    })
  }

  sendVolatile(channel: string, choice: number): void {
    const n = ++this.#volatile
    this.onServer('volatile', choice, (hub) =>
      hub.publish(channel, { n, channel }, { event: 'typing', volatile: true }),
    )
  }

  /** @param length milliseconds that the run takes */
  startRun(choice: number, length: number): void {
    const run = ++this.#runs
    this.onServer(`run ${run}`, choice, async (hub) => {
      const { done } = await hub.run(job, partsOf(run, length), { event: 'part' })
      return done
    })
  }

  /** In the end runs of dead processes are over, and the channel takes another one. */
  finishRuns(): void {
    this.onServer('last run', 0, async (hub) => {
      await hub.abort(job)
      const { done } = await hub.run(job, partsOf(++this.#runs, 100), { event: 'part' })
      if ((await done).reason === 'finished') this.hasRun = true
    })
  }

  /** The log has lost these entries. If a process knew one of them, all of them are told as a gap. */
  lose(ids: readonly string[], isNoticed: boolean): void {
    if (isNoticed) return
    for (const item of this.data.items)
      if (item.id !== undefined && ids.includes(item.id)) item.state = 'lost'
  }

  /** Reads what pages should show of the log's own state. */
  readRecords(): void {
    const server = this.anyServer(0)
    server?.program.later(0, () => {
      server.broker.records?.([prices]).then(
        ({ entries }) => {
          this.records = new Map(entries.map(({ record, data }) => [record!, JSON.parse(data)]))
        },
        () => {},
      )
    })
  }

  /** The users with an open page in the lobby. */
  members(): string[] {
    const here = this.pages.filter(({ code, wanted }) => code?.state.status === 'open' && wanted.has(lobby))
    return [...new Set(here.map(({ user }) => user))].sort()
  }

  #publishItem(item: Item, choice: number): void {
    const server = this.anyServer(choice)
    server?.program.later(0, () => {
      const { n, channel } = item
      this.world.note(server.program.name, `publishes ${n}`)
      const published = server.hub.publish(
        channel,
        { n, channel },
        { event: 'item', idempotencyKey: `item-${n}` },
      )
      this.awaits(`publish of ${n}`, server.program, published)
      published.then(
        ({ id }) => {
          this.world.note(server.program.name, `published ${n} as ${id}`)
          item.state = 'published'
          item.id = id
        },
        (error) => this.world.note(server.program.name, `publish of ${n} failed: ${error.code ?? error}`),
      )
    })
  }

  #publishPending(): void {
    for (const item of this.data.items)
      if (item.state === 'pending' && item.at < this.world.now - 8_000)
        this.#publishItem(item, Math.floor(this.world.outside.random() * 100))
  }

  #remove(server: ServerProcess): void {
    const at = this.network.listeners.indexOf(server)
    if (at !== -1) this.network.listeners.splice(at, 1)
  }
}

async function* partsOf(run: number, length: number): AsyncGenerator<RunPart> {
  for (let k = 0; k < 20; k++) {
    await new Promise((resolve) => setTimeout(resolve, length / 20))
    yield { run, k }
  }
}
