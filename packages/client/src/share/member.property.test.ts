import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBrowserModel, type ModelTab, type Order } from '../../test/model/browser-model.ts'
import { createSharedLog } from '../../test/model/shared-log.ts'
import { createMember, type Member } from './member.ts'

/** A tab and what its page was told. */
interface Page {
  readonly tab: ModelTab
  readonly member: Member
  /** The head of the log when the page loaded what it shows. */
  loaded: number
  readonly ticks: number[]
  readonly notes: string[]
  /** For each gap: everything up to here was loaded again. */
  readonly reloads: number[]
  left: boolean
}

type Action =
  | { readonly do: 'publish' | 'note' | 'open' }
  | { readonly do: 'crash' | 'close' | 'hang' | 'wake' | 'tick'; readonly page: number }
  | { readonly do: 'step'; readonly choices: readonly number[] }

const page = fc.nat(7)
const actions = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant<Action>({ do: 'publish' }) },
    { weight: 1, arbitrary: fc.constant<Action>({ do: 'note' }) },
    { weight: 1, arbitrary: fc.constant<Action>({ do: 'open' }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constantFrom('crash', 'close', 'hang', 'wake', 'tick', 'tick'), page }),
    },
    {
      weight: 8,
      arbitrary: fc.record({ do: fc.constant('step'), choices: fc.array(fc.nat(30), { maxLength: 20 }) }),
    },
  ) as fc.Arbitrary<Action>,
  { minLength: 10, maxLength: 80 },
)

/** Promises settle between any two things that happen. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

async function play(order: Order, script: readonly Action[], tabs: number) {
  const browser = createBrowserModel(order)
  const log = createSharedLog(browser)
  const pages: Page[] = []

  function open(cursor: number | undefined): void {
    const tab = browser.openTab(`tab${pages.length}`)
    const facts = { ticks: [] as number[], notes: [] as string[], reloads: [] as number[] }
    const member = createMember({
      url: new URL('http://a.test/events'),
      share: true,
      cursor: cursor === undefined ? '' : String(cursor),
      clock: tab.clock,
      meeting: tab.meeting,
      open: log.connection(tab),
      onWakeup: () => () => {},
      listenToPage: () => () => {},
      wishes: () => ['n:tick', 'n:note'],
      message({ event, data }) {
        if (event === 'tick') facts.ticks.push(Number(data))
        if (event === 'note') facts.notes.push(data)
        if (event === 'sse.gap') facts.reloads.push(log.head)
      },
      state() {},
    })
    pages.push({ tab, member, loaded: cursor ?? log.head, left: false, ...facts })
  }

  async function steps(choices: Iterable<number>): Promise<void> {
    for (const choice of choices) {
      await settled()
      if (browser.busy === 0) return
      browser.step(choice)
    }
  }

  const settle = async () => {
    for (let round = 0; round < 12; round += 1) {
      for (await settled(); browser.busy > 0; await settled()) browser.step(round)
      for (const { tab, left } of pages) if (!left) browser.tick(tab)
    }
  }

  for (let tab = 0; tab < tabs; tab += 1) open(0)
  let notes = 0
  for (const action of script) {
    const target = 'page' in action ? pages[action.page % pages.length] : undefined
    if (action.do === 'publish') log.publish()
    else if (action.do === 'note') log.note(String(notes++))
    else if (action.do === 'open' && pages.length < 8) open(log.head)
    else if (action.do === 'step') await steps(action.choices)
    else if (target && !target.left) {
      if (action.do === 'hang') target.tab.hanging = true
      if (action.do === 'wake') target.tab.hanging = false
      if (action.do === 'tick') browser.tick(target.tab)
      if (action.do === 'crash' || (action.do === 'close' && !target.tab.hanging)) {
        target.left = true
        if (action.do === 'close') target.member.leave()
        else target.tab.crash()
      }
    }
    await settled()
  }
  for (const { tab } of pages) tab.hanging = false
  await settle()
  log.publish()
  await settle()
  return { log, pages }
}

function judge({ log, pages }: Awaited<ReturnType<typeof play>>): void {
  const staying = pages.filter(({ left }) => !left)
  expect(log.connections).toBe(Math.min(1, staying.length))
  for (const { tab, loaded, ticks, notes, reloads } of staying) {
    const who = `${tab.name}, told ${ticks} after ${loaded}, reloaded at ${reloads}`
    // What is loaded again may come again: whoever reloads takes in a record once, by its id.
    const known = Math.max(loaded, ...reloads)
    const due = Array.from({ length: log.head - known }, (_, index) => known + index + 1)
    expect(reloads.length > 0 ? ticks.filter((tick) => tick > known) : ticks, who).toEqual(due)
    expect(notes, `once: ${who}`).toEqual([...new Set(notes)])
  }
}

test.each(['causal', 'fifo'] as const)(
  'whoever crashes, closes, hangs and wakes: no tab misses or repeats an event, and one connection is left (%s)',
  { timeout: 300_000 },
  async (order) => {
    await fc.assert(
      fc.asyncProperty(actions, fc.integer({ min: 1, max: 4 }), async (script, tabs) => {
        judge(await play(order, script, tabs))
      }),
      { numRuns: process.env['SSE_FAULTS'] ? 5000 : 200 },
    )
  },
)
