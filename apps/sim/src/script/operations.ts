import type { Browser } from '../browser/browser.ts'
import type { Page, PageOptions } from '../page/page.ts'
import { job, lobby, news, prices, rooms } from '../server/app-data.ts'
import type { Simulation } from './simulation.ts'

/** One step of a script. `a` chooses what it happens to, `b` (0 to 1) how much. */
export interface Operation {
  /** Milliseconds after the step before. */
  readonly wait: number
  readonly kind: OperationKind
  readonly a: number
  readonly b: number
}

interface Choice {
  readonly sim: Simulation
  readonly a: number
  readonly b: number
  readonly page: Page | undefined
  readonly browser: Browser
  /** Milliseconds that something lasts: mostly seconds, now and then an hour. */
  readonly time: number
  after(delay: number, run: () => void): void
  /** Counts a fault. */
  fault(what?: string): void
}

const pick = <T>(from: readonly T[], choice: number): T => from[Math.floor(choice) % from.length]!

function optionsOf({ sim, a, b }: Choice): PageOptions {
  const bit = (n: number) => (Math.floor(b * 2 ** 20) >> n) & 1
  return {
    kind: a % 3 === 2 ? 'vue' : 'client',
    share: sim.shared || bit(0) === 1,
    persist: bit(1) === 1,
    resync: bit(2) === 1 ? 'position' : bit(3) === 1 ? 'plain' : a % 3 === 2 ? 'position' : 'none',
    heedsAbort: bit(4) === 1,
    rewind: bit(8) === 1 && bit(9) === 1 ? 1 + (a % 20) : 0,
    slowSchema: bit(10) === 1 && bit(11) === 1,
    channels: [
      ...(bit(5) === 1 ? [pick(rooms, a)] : []),
      ...(bit(6) === 1 ? [prices] : []),
      ...(bit(7) === 1 ? [lobby] : []),
      ...(bit(14) === 1 ? [job] : []),
    ],
  }
}

/** What may happen, with how often it does, relative to the others. */
const all = {
  publish: [30, ({ sim, a, b }: Choice) => void sim.publish(pick([news, ...rooms], a), Math.floor(b * 100))],
  burst: [
    3,
    ({ sim, a, b }: Choice) => {
      for (let count = 0; count < 5 + b * 150; count++)
        sim.publish(pick([news, news, ...rooms], a + count), a)
    },
  ],
  price: [8, ({ sim, a, b }: Choice) => sim.setRecord(`r${a % 4}`, Math.floor(b * 1_000), a)],
  remove: [2, ({ sim, a }: Choice) => sim.onServer('remove', a, (hub) => hub.remove(prices, `r${a % 4}`))],
  end: [1.5, ({ sim, a, b }: Choice) => sim.onServer('end', a, (hub) => hub.end(pick(rooms, b * 97)))],
  volatile: [6, ({ sim, a, b }: Choice) => sim.sendVolatile(pick([news, ...rooms], b * 97), a)],
  presence: [
    2,
    ({ sim, a }: Choice) =>
      sim.onServer('presence', a, async (hub) => {
        const keys = (await hub.presence(lobby)).map(({ id }) => id)
        if (new Set(keys).size < keys.length) sim.world.violate(`a member is twice in the lobby: ${keys}`)
      }),
  ],
  run: [2, ({ sim, a, time }: Choice) => sim.startRun(a, Math.min(time, 60_000))],
  abort: [1, ({ sim, a }: Choice) => sim.onServer('abort', a, (hub) => hub.abort(job))],
  openTab: [
    5,
    (choice: Choice) => {
      if (choice.sim.tabs.length < 7) choice.sim.openTab(choice.browser, optionsOf(choice))
    },
  ],
  closeTab: [2, ({ sim, page }: Choice) => page && endTab(sim, page, true)],
  crashTab: [
    1,
    ({ sim, page, fault }: Choice) => {
      if (!page || page.tab.browser.asleep) return
      fault(page.name)
      endTab(sim, page, false)
    },
  ],
  reload: [
    4,
    ({ page, b, fault }: Choice) => {
      if (!page || page.program.paused) return
      fault(page.name)
      if (b < 0.3) page.tab.session = new Map()
      page.program.run(() => page.window.tell('pagehide', { persisted: false }))
      page.tab.browser.closePage(page.program)
      page.tab.load()
    },
  ],
  subscribe: [
    6,
    ({ page, a, b }: Choice) => page?.want(pick(a % 5 === 0 ? [lobby, ...rooms] : rooms, b * 97)),
  ],
  unsubscribe: [4, ({ page, b }: Choice) => page?.unwant(pick(rooms, b * 97))],
  reached: [
    3,
    ({ sim, page, a }: Choice) => {
      const item = sim.data.items.findLast(({ channel, state }) => channel === news && state === 'published')
      if (!page || !item?.id || a % 2 === 0) return
      page.do((code) => {
        if (!page.ledger.since.has(news) || item.n <= page.ledger.since.get(news)!) return
        const reached = code.reached(item.id!)
        sim.awaits(`reached ${item.id}`, page.program, reached)
        reached.then(
          () =>
            // What the log has lost meanwhile is not told to anybody.
            item.state !== 'lost' &&
            page.ledger.since.has(news) &&
            item.n > page.ledger.since.get(news)! &&
            page.ledger.reached(item.n),
          () => {},
        )
      })
    },
  ],
  reconnect: [2, ({ page }: Choice) => page?.do((code) => code.reconnect())],
  closeClient: [
    1,
    ({ page, b, after }: Choice) => {
      page?.do((code) => code.close())
      after(b * 20_000, () => page?.do((code) => code.connect()))
    },
  ],
  loadsFail: [
    2,
    ({ sim, page, time, fault }: Choice) => {
      if (!page) return
      fault(page.name)
      page.loadsFailUntil = sim.world.now + time
    },
  ],
  cut: [
    6,
    ({ sim, page, fault }: Choice) => {
      if (!page) return
      fault(page.name)
      for (const exchange of sim.network.of(page.name)) exchange.cut()
    },
  ],
  cutAll: [
    1,
    ({ sim, fault }: Choice) => {
      fault()
      for (const exchange of sim.network.exchanges) exchange.cut()
    },
  ],
  halfOpen: [
    3,
    ({ sim, page, fault }: Choice) => {
      if (!page) return
      fault(page.name)
      for (const exchange of sim.network.of(page.name)) exchange.halfOpen()
    },
  ],
  truncate: [
    2,
    ({ sim, page, b, fault }: Choice) => {
      if (!page) return
      fault(page.name)
      for (const exchange of sim.network.of(page.name)) exchange.truncateAfter = Math.floor(b * 60)
    },
  ],
  stall: [
    2,
    ({ sim, page, time, fault, after }: Choice) => {
      if (!page) return
      fault(page.name)
      for (const exchange of sim.network.of(page.name)) {
        exchange.stalled = true
        after(time, () => exchange.unstall())
      }
    },
  ],
  slowNetwork: [
    2,
    ({ browser, b, time, fault, after }: Choice) => {
      fault(browser.name)
      browser.link.slow = b * 8_000
      after(time, () => {
        browser.link.slow = 0
      })
    },
  ],
  offline: [
    2,
    ({ sim, browser, a, time, fault, after }: Choice) => {
      fault(browser.name)
      for (const exchange of sim.network.of(browser.name)) {
        if (a % 2 === 0) exchange.cut()
        else exchange.halfOpen()
      }
      browser.link.state = a % 2 === 0 ? 'offline' : 'blackhole'
      after(time, () => {
        browser.link.state = 'up'
        for (const page of sim.pages)
          if (page.tab.browser === browser) page.do(() => page.window.tell('online'))
      })
    },
  ],
  buffering: [
    1,
    ({ sim, browser, time, fault, after }: Choice) => {
      fault(browser.name)
      browser.link.buffering = true
      after(time, () => {
        browser.link.buffering = false
        for (const exchange of sim.network.of(browser.name)) exchange.flush()
      })
    },
  ],
  duplicating: [
    1,
    ({ browser, time, fault, after }: Choice) => {
      fault(browser.name)
      browser.link.duplicating = true
      after(time, () => {
        browser.link.duplicating = false
      })
    },
  ],
  sleep: [
    3,
    ({ sim, browser, a, time, fault, after }: Choice) => {
      if (browser.asleep) return
      fault(browser.name)
      browser.asleep = true
      const exchanges = sim.network.of(browser.name)
      for (const exchange of exchanges) exchange.halfOpen()
      for (const program of browser.pages) program.pause()
      after(time, () => wake(sim, browser, a % 2 === 0 ? time : 0))
    },
  ],
  freeze: [
    2,
    ({ sim, page, a, time, fault, after }: Choice) => {
      if (!page || page.tab.browser.asleep || page.program.paused) return
      fault(page.name)
      const inCache = a % 2 === 0
      page.program.run(() => page.window.tell(inCache ? 'pagehide' : 'freeze', { persisted: true }))
      if (inCache) for (const exchange of sim.network.of(page.name)) exchange.cut()
      page.program.pause()
      after(time, () => {
        if (page.tab.browser.asleep) return
        page.program.resume()
        page.do(() => page.window.tell(inCache ? 'pageshow' : 'resume', { persisted: true }))
      })
    },
  ],
  hide: [
    2,
    ({ page, time, after }: Choice) => {
      const show = (state: 'visible' | 'hidden') =>
        page?.do(() => {
          page.window.document.visibilityState = state
          page.window.tell('visibilitychange')
        })
      show('hidden')
      after(time, () => show('visible'))
    },
  ],
  logInOther: [
    1,
    ({ sim, browser, a }: Choice) => {
      if (browser.asleep) return
      sim.logIn(browser, `u${a % 4}`)
      for (const { page } of sim.tabs) {
        if (page.tab.browser !== browser) continue
        browser.closePage(page.program)
        page.tab.session = new Map()
        page.tab.load()
      }
    },
  ],
  newToken: [
    2,
    ({ sim, a }: Choice) => {
      sim.data.account(`u${a % 4}`).version++
    },
  ],
  disconnect: [2, ({ sim, a, b }: Choice) => disconnect(sim, `u${a % 4}`, Math.floor(b * 100))],
  ban: [
    1,
    ({ sim, a, b, time, after }: Choice) => {
      const user = `u${a % 4}`
      const account = sim.data.account(user)
      account.banned = true
      account.version++
      disconnect(sim, user, Math.floor(b * 100))
      after(time, () => {
        account.banned = false
        for (const page of sim.pages) if (page.user === user) page.do((code) => code.connect())
      })
    },
  ],
  kill: [
    4,
    ({ sim, a, b, time, fault, after }: Choice) => {
      const place = a % sim.servers.length
      if (!sim.servers[place]) return
      fault(sim.servers[place].program.name)
      sim.killServer(place, b < 0.7)
      after(time * b, () => {
        if (!sim.servers[place]) sim.startServer(place)
      })
    },
  ],
  pauseServer: [
    2,
    ({ sim, a, time, fault, after }: Choice) => {
      const server = sim.anyServer(a)
      if (!server) return
      fault(server.program.name)
      server.program.pause()
      after(Math.min(time, 60_000), () => server.program.resume())
    },
  ],
  deploy: [2, ({ sim, a, b }: Choice) => sim.deploy(a % sim.servers.length, Math.floor(b * 5_000))],
  clockStep: [
    2,
    ({ sim, page, a, b, fault }: Choice) => {
      const program = a % 2 === 0 ? page?.program : sim.anyServer(a)?.program
      if (!program) return
      fault(program.name)
      program.wallOffset += Math.floor((b - 0.5) * 7_200_000)
    },
  ],
  logDown: [
    2,
    ({ sim, time, fault, after }: Choice) => {
      const brokers = [...(sim.log.remote?.brokers ?? [])]
      if (brokers.length === 0) return
      fault()
      for (const broker of brokers) broker.cut()
      after(time, () => {
        for (const broker of brokers) broker.mend()
      })
    },
  ],
  linkDown: [
    2,
    ({ sim, a, time, fault, after }: Choice) => {
      const brokers = [...(sim.log.remote?.brokers ?? [])]
      if (brokers.length === 0) return
      fault()
      const broker = pick(brokers, a)
      broker.cut()
      after(time, () => broker.mend())
    },
  ],
  slowLog: [
    2,
    ({ sim, a, b, time, fault, after }: Choice) => {
      const brokers = [...(sim.log.remote?.brokers ?? [])]
      if (brokers.length === 0) return
      fault()
      const broker = pick(brokers, a)
      broker.slow = b * 3_000
      after(time, () => {
        broker.slow = 0
      })
    },
  ],
  trim: [
    2,
    ({ sim, b, fault }: Choice) => {
      if (!sim.log.remote) return
      fault()
      sim.log.remote.trim(Math.floor(b * 40))
    },
  ],
  loseTail: [
    1,
    ({ sim, b, fault }: Choice) => {
      if (!sim.log.remote || sim.log.remote.length === 0) return
      fault()
      const { lost, isNoticed } = sim.log.remote.loseTail(1 + Math.floor(b * 8))
      sim.lose(lost, isNoticed)
    },
  ],
  newLog: [
    0.3,
    ({ sim, fault }: Choice) => {
      if (!sim.log.remote) return
      fault()
      sim.log.remote.reset()
    },
  ],
} satisfies Record<string, readonly [weight: number, run: (choice: Choice) => unknown]>

export type OperationKind = keyof typeof all

export const weights = Object.entries(all).map(([kind, [weight]]) => [kind as OperationKind, weight] as const)

export function perform(sim: Simulation, { kind, a, b }: Operation): void {
  const { world } = sim
  const { pages } = sim
  const choice: Choice = {
    ...{ sim, a, b },
    page: pages.length > 0 ? pick(pages, a) : undefined,
    browser: pick(sim.browsers, a),
    // 1 s to some 40 min, most of them short.
    time: 1_000 * Math.exp(b * b * 7.8),
    after: (delay, run) => void world.outside.later(delay, run),
    fault: (what) => world.fault(kind, what),
  }
  world.note('operation', `${kind} ${a} ${b.toFixed(4)}`)
  all[kind][1](choice)
}

export function wake(sim: Simulation, browser: Browser, uncounted: number): void {
  if (!browser.asleep) return
  browser.asleep = false
  for (const page of sim.pages) {
    if (page.tab.browser !== browser) continue
    page.program.resume(uncounted)
    page.do(() => page.window.tell('visibilitychange'))
  }
}

function endTab(sim: Simulation, page: Page, byUser: boolean): void {
  if (page.program.paused) return
  if (byUser) page.program.run(() => page.window.tell('pagehide', { persisted: false }))
  page.tab.browser.closePage(page.program)
  sim.tabs.splice(sim.tabs.indexOf(page.tab), 1)
}

/** After it has resolved, nothing that the user asked for before delivers anything more. */
function disconnect(sim: Simulation, user: string, choice: number): void {
  const server = sim.anyServer(choice)
  if (!server) return
  const before = [...sim.network.exchanges].filter(
    (one) => one.user === user && one.arrivedAt <= sim.world.now,
  )
  server.program.later(0, () => {
    const disconnected = server.hub.disconnect(user)
    sim.awaits(`disconnect of ${user}`, server.program, disconnected)
    disconnected.then(
      () => {
        sim.world.note(server.program.name, `disconnected ${user}`)
        for (const exchange of before) exchange.revokedAfter ??= sim.data.items.length
      },
      (error) => sim.world.note(server.program.name, `disconnect failed: ${error.code}`),
    )
  })
}
