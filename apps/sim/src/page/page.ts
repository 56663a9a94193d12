import type { SseMember, SseState } from '@sse/client'
import type { Browser, PageWindow } from '../browser/browser.ts'
import type { Simulation } from '../script/simulation.ts'
import { lobby, prices, rooms } from '../server/app-data.ts'
import type { Program } from '../world/program.ts'
import { startClient } from './client-page.ts'
import { PageLedger } from './page-ledger.ts'
import { isRoom, startVue } from './vue-page.ts'

export interface PageOptions {
  readonly kind: 'client' | 'vue'
  readonly share: boolean
  readonly persist: boolean
  /** What a load returns: a position, nothing, or there is no load. */
  readonly resync: 'position' | 'plain' | 'none'
  /** Whether a load stops when the client gives it up. */
  readonly heedsAbort: boolean
  /** Events that a stream without a cursor begins with. */
  readonly rewind: number
  /** Whether a schema takes time to accept an item. */
  readonly slowSchema: boolean
  readonly channels: readonly string[]
}

/** What the code of a page is driven by. */
export interface PageCode {
  readonly state: SseState
  readonly stale: boolean
  connect(): void
  close(): void
  reconnect(): void
  subscribe(channel: string): void
  unsubscribe(channel: string): void
  reached(id: string): Promise<void>
  /** What it shows besides what the ledger knows: the reason why that is not what the app has published. */
  judge(): string | undefined
  end(): void
}

/** A tab: it outlives its pages. */
export class Tab {
  readonly simulation: Simulation
  readonly browser: Browser
  readonly name: string
  readonly options: PageOptions
  session = new Map<string, string>()
  page!: Page
  #count = 0

  constructor(simulation: Simulation, browser: Browser, name: string, options: PageOptions) {
    this.simulation = simulation
    this.browser = browser
    this.name = name
    this.options = options
    this.load()
  }

  load(): void {
    this.page = new Page(this, `${this.name}.${this.#count++}`)
  }
}

/** One life of a page. */
export class Page {
  readonly tab: Tab
  readonly name: string
  readonly user: string
  readonly program: Program
  readonly window: PageWindow
  readonly ledger: PageLedger
  readonly wanted: Set<string>
  code!: PageCode
  /** Loads fail until then. */
  loadsFailUntil = 0
  records: ReadonlyMap<string, unknown> | undefined
  /** Whether it listens for the members of the lobby. */
  showsMembers = false
  members: readonly SseMember<{ user: string }>[] | undefined

  constructor(tab: Tab, name: string) {
    const { simulation, browser, options } = tab
    this.tab = tab
    this.name = name
    this.user = simulation.userOf(browser)
    const { program, window } = browser.openPage(name, tab.session)
    this.program = program
    this.window = window
    this.wanted = new Set(options.channels)
    this.ledger = new PageLedger(simulation.world, simulation.truth, simulation.data, this)
    for (const channel of this.wanted) this.ledger.asked.add(channel)
    program.later(0, () => {
      this.code = options.kind === 'vue' ? startVue(this) : startClient(this)
      this.code.connect()
    })
  }

  get loads(): boolean {
    const { kind, resync } = this.tab.options
    return kind === 'vue' || resync !== 'none'
  }

  isStale(): boolean {
    return this.loads && !!this.code?.stale
  }

  /** Runs in the page, as soon as it does not stand still. */
  do(run: (code: PageCode) => void): void {
    this.program.later(0, () => run(this.code))
  }

  want(channel: string): void {
    this.do((code) => {
      // A page of Vue shows one room at a time.
      if (this.tab.options.kind === 'vue' && isRoom(channel))
        for (const room of rooms) this.wanted.delete(room)
      this.wanted.add(channel)
      this.ledger.asked.add(channel)
      code.subscribe(channel)
    })
  }

  unwant(channel: string): void {
    this.do((code) => {
      this.wanted.delete(channel)
      this.ledger.left(channel)
      code.unsubscribe(channel)
    })
  }

  /** The headers of its requests. */
  readonly headers = () => ({ Authorization: `${this.user} ${this.tab.browser.local.get('token') ?? '1'}` })

  readonly refresh = async (): Promise<void> => {
    const response = await fetch(`/token?user=${this.user}`)
    if (!response.ok) throw new Error(`The token was refused: ${response.status}`)
    const token = await response.text()
    this.tab.browser.local.set('token', token)
  }

  /** Loads the list of everything, over the network. */
  async fetchList(
    signal?: AbortSignal,
  ): Promise<{ position: string; items: { n: number; channel: string }[] }> {
    if (this.tab.simulation.world.now < this.loadsFailUntil) throw new Error('The list cannot be loaded.')
    const response = await fetch('/list', {
      headers: this.headers(),
      ...(this.tab.options.heedsAbort && signal ? { signal } : {}),
    })
    if (!response.ok) throw new Error(`The list was refused: ${response.status}`)
    return response.json().catch(() => {
      throw new Error('The list came only in part.')
    })
  }

  /** Why it is not what it should be in the end; `undefined` if it is. */
  judge(): string | undefined {
    const { simulation, options } = this.tab
    if (!this.code) return 'has not begun'
    const { status } = this.code.state
    if (status !== 'open') return `is ${JSON.stringify(this.code.state)}`
    if (options.resync !== 'none' && this.code.stale) return 'is stale'
    const missing = this.ledger.missing()
    if (missing.length > 0) return `does not show ${missing}`
    const readable = [...this.wanted].filter((channel) => simulation.data.mayRead(this.user, channel))
    const lacking =
      options.kind === 'vue' ? [] : readable.filter((channel) => !this.ledger.confirmed.includes(channel))
    if (lacking.length > 0) return `is not on ${lacking}`
    if (this.wanted.has(prices)) {
      const shown = JSON.stringify([...(this.records ?? [])].sort())
      const truth = JSON.stringify([...simulation.records].sort())
      if (shown !== truth) return `shows the prices ${shown} instead of ${truth}`
    }
    if (this.showsMembers && this.wanted.has(lobby)) {
      const shown = (this.members ?? []).map(({ info }) => info.user).sort()
      const truth = simulation.members()
      if (String(shown) !== String(truth)) return `shows the members ${shown} instead of ${truth}`
    }
    return this.code.judge()
  }

  report(error: unknown): void {
    this.tab.simulation.world.violate(`${this.name} reported ${error instanceof Error ? error.stack : error}`)
  }
}
