import { type BrowserModel, createBrowserModel, type Order } from '@sse/testbed/browser-model'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ModelPage, openPage } from '../../test/model/model-page.ts'
import { createModelServer, type ModelServer, OWN, WITH_RECORDS } from '../../test/model/model-server.ts'

/** How many commands are run; the seed is in the test's name, and SSE_SEED runs the same ones again. */
const STEPS = Number(process.env['SSE_STEPS'] ?? (process.env['SSE_FAULTS'] ? 50_000 : 2000))
const SEED = Number(process.env['SSE_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** Commands of a run: not many, so that a failure is short; fast-check draws half of them on average. */
const COMMANDS = 60

const CHANNELS = ['a', 'b', 'c', 'secret']

interface World {
  readonly browser: BrowserModel
  readonly server: ModelServer
  readonly pages: ModelPage[]
  notes: number
}

/** What may be done: to the server, or to one of the pages that are there. */
class Command implements fc.AsyncCommand<object, World> {
  static steps = 0
  readonly #text: string
  readonly #run: (world: World) => unknown

  constructor(text: string, run: (world: World) => unknown) {
    this.#text = text
    this.#run = run
  }

  check = () => true

  async run(_: object, world: World): Promise<void> {
    Command.steps += 1
    await this.#run(world)
    await settled()
  }

  toString = () => this.#text
}

/** Promises settle between any two things that happen. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

const channel = fc.constantFrom(...CHANNELS)
const channels = fc.uniqueArray(fc.constantFrom(OWN, ...CHANNELS, 'elsewhere'), {
  minLength: 1,
  maxLength: 3,
})
const page = fc.nat(7)

const ofServer = (text: string, run: (server: ModelServer) => void) =>
  fc.constant(new Command(text, ({ server }) => run(server)))

/** Pages that hang or have left do nothing. */
function ofPage(text: string, run: (page: ModelPage, channel: string) => void) {
  return fc.tuple(page, channel).map(
    ([number, channel]) =>
      new Command(`${text} ${number} ${channel}`, ({ pages }) => {
        const target = pages[number % pages.length]
        if (target && !target.left && !target.tab.hanging) run(target, channel)
      }),
  )
}

const publish = channels.map((on) => new Command(`publish ${on}`, ({ server }) => server.publish(on)))

const record = fc.constantFrom('x', 'y')
const set = fc
  .tuple(fc.subarray([...WITH_RECORDS], { minLength: 1 }), record)
  .map(([on, name]) => new Command(`set ${on} ${name}`, ({ server }) => server.set(on, name)))
const remove = fc
  .tuple(fc.constantFrom(...WITH_RECORDS), record)
  .map(([on, name]) => new Command(`remove ${on} ${name}`, ({ server }) => server.remove(on, name)))
const end = fc
  .constantFrom('a', 'b', 'c')
  .map((on) => new Command(`end ${on}`, ({ server }) => server.end(on)))
const toggle = fc
  .constantFrom('mina', 'joon')
  .map((name) => new Command(`toggle ${name}`, ({ server }) => server.toggleMember(name)))

const steps = fc.array(fc.nat(30), { maxLength: 20 }).map(
  (choices) =>
    new Command(`steps ${choices}`, async ({ browser }) => {
      for (const choice of choices) {
        await settled()
        if (browser.busy === 0) return
        browser.step(choice)
      }
    }),
)

/** A tab opens: afresh, or from the position of a snapshot that was just loaded, or was a while ago. */
const open = fc.tuple(fc.uniqueArray(channel, { maxLength: 3 }), fc.constantFrom(undefined, 0, 0, 3)).map(
  ([interests, age]) =>
    new Command(`open [${interests}] ${age}`, (world) => {
      const { browser, server, pages } = world
      if (pages.filter(({ left }) => !left).length >= 8) return
      const event = server.events.at(-1 - (age ?? 0))
      const isNew = age === 0 || !event
      const snapshot = isNew
        ? { cursor: server.position, number: server.events.length }
        : { cursor: event.id, number: event.number }
      const tab = browser.openTab(`tab${pages.length}`)
      pages.push(openPage(tab, server, interests, age === undefined ? undefined : snapshot))
    }),
)

const commands = fc.commands(
  [
    publish,
    publish,
    publish,
    set,
    set,
    remove,
    end,
    toggle,
    steps,
    steps,
    steps,
    steps,
    open,
    open,
    ofPage('subscribe', (page, channel) => page.subscribe(channel)),
    ofPage('unsubscribe', (page, channel) => page.unsubscribe(channel)),
    ofPage('leave and join', (page, channel) => {
      page.unsubscribe(channel)
      page.subscribe(channel)
    }),
    ofPage('close', (page) => {
      page.left = true
      page.close()
    }),
    ofPage('crash', (page) => {
      page.left = true
      page.tab.crash()
    }),
    ofPage('hang', (page) => {
      page.tab.hanging = true
    }),
    ofPage('freeze', (page) => page.freeze()),
    page.map(
      (number) =>
        new Command(`wake ${number}`, ({ pages }) => {
          const target = pages[number % pages.length]
          if (target && !target.left && target.tab.hanging) target.thaw()
        }),
    ),
    page.map(
      (number) =>
        new Command(`tick ${number}`, ({ browser, pages }) => {
          const target = pages[number % pages.length]
          if (target && !target.left) browser.tick(target.tab)
        }),
    ),
    fc.constant(new Command('note', (world) => world.server.note(String(++world.notes)))),
    ofServer('ping', (server) => server.ping()),
    fc
      .constantFrom(0, 1, 3)
      .map((events) => new Command(`rewind ${events}`, ({ server }) => server.rewind(events))),
    fc.tuple(page, fc.constantFrom(1, 5)).map(
      ([number, times]) =>
        new Command(`refuse ${number} ${times}`, ({ pages, server }) => {
          const target = pages[number % pages.length]
          if (target && !target.left) server.refuse(target.tab, times)
        }),
    ),
    ofServer('cut', (server) => server.cut()),
    ofServer('trim', (server) => server.trim()),
    ofServer('restart', (server) => server.restart()),
  ],
  { maxCommands: COMMANDS, size: 'max' },
)

/** Lets everything happen that is on its way, and that it causes. */
async function settle({ browser, pages }: World): Promise<void> {
  for (let round = 0; round < 15; round += 1) {
    for (await settled(); browser.busy > 0; await settled()) browser.step(round)
    for (const { tab, left } of pages) if (!left) browser.tick(tab)
  }
}

async function judge(world: World): Promise<void> {
  const { server, pages } = world
  const staying = pages.filter(({ left }) => !left)
  for (const { tab, thaw } of staying) if (tab.hanging) thaw()
  await settle(world)
  for (const name of [...CHANNELS, 'elsewhere']) server.publish([name])
  await settle(world)
  server.publish([OWN])
  await settle(world)
  for (const page of staying) page.judge()
  expect(server.connections).toBe(Math.min(1, staying.length))
}

test.each(['causal', 'fifo'] as const)(
  `every tab is told exactly what it asked for, once and in order, whatever tabs, server and network do (%s, ${STEPS} steps, SSE_SEED=${SEED})`,
  { timeout: 30_000 + STEPS * 100 },
  async (order: Order) => {
    Command.steps = 0
    let failedAfter: number | undefined
    const property = fc.asyncProperty(commands, async (commands) => {
      const browser = createBrowserModel(order)
      const world: World = { browser, server: createModelServer(browser), pages: [], notes: 0 }
      try {
        await fc.asyncModelRun(() => ({ model: {}, real: world }), commands)
        await judge(world)
      } catch (error) {
        failedAfter ??= Command.steps
        throw error
      }
    })
    try {
      await fc.assert(property, { numRuns: Math.ceil((2.1 * STEPS) / COMMANDS), seed: SEED })
    } finally {
      if (failedAfter !== undefined) console.info(`found after ${failedAfter} steps`)
    }
    console.info(`${Command.steps} steps`)
  },
)
