import { setImmediate as nextTurn } from 'node:timers/promises'
import { ReceivingTransport } from '@sse/testbed/receiving-transport'
import { expect, it } from 'vitest'
import { createHub } from '../src/hub/hub.ts'
import type { TestEvent } from '../src/testing/test-stream.ts'

const updates = 50_000
const records = 500
/** Updates in a turn. */
const perTurn = 10

/** A page that shows the newest value of each record, over all of its connections. */
class Page {
  readonly shown = new Map<string, string>()
  lastEventId: string | undefined
  /** Bytes that it was sent. */
  bytes = 0
  /** The most bytes that waited for it. */
  mostPending = 0
}

/** A connection of a page. */
class Connection extends ReceivingTransport {
  readonly #page: Page
  #record = ''

  constructor(page: Page) {
    super()
    this.#page = page
  }

  /** Reads what waits, and is full again with the next write. */
  override drain(): void {
    this.pending = 0
    this.onDrain?.()
  }

  protected receive(events: readonly TestEvent[], bytes: number): void {
    this.#page.bytes += bytes
    this.#page.mostPending = Math.max(this.#page.mostPending, this.pending)
    for (const { event, data, id } of events) {
      if (id !== '') this.#page.lastEventId = id
      if (event === 'sse.record') this.#record = JSON.parse(data).record
      else if (event === 'sse.records' && !JSON.parse(data).done) this.#page.shown.clear()
      else if (event === 'message') this.#page.shown.set(this.#record, data)
    }
  }
}

it(`of ${updates} updates of ${records} records every reader has the newest in the end; a slow one was sent at most a tenth`, async () => {
  const window = { entries: 8_000 }
  const hub = createHub({ window, channel: () => ({ records: true }) })
  await hub.ready
  const open = (page: Page) => {
    const connection = new Connection(page)
    const lacks = () => page.lastEventId === undefined
    hub
      .stream(connection, { lastEventId: page.lastEventId, stall: Infinity, records: { lacks } })
      .subscribe('prices')
    return connection
  }
  const [live, slow, returning] = [new Page(), new Page(), new Page()]
  open(live)
  const slowConnection = open(slow)
  let returned = open(returning)
  while (live.bytes * slow.bytes * returning.bytes === 0) await nextTurn()
  slowConnection.isFull = true
  const newest = new Map<string, string>()
  for (let update = 0; update < updates; update++) {
    // Some records change more often than others.
    const record = `record ${Math.floor(records * (((update * 7_919) % 10_007) / 10_007) ** 2)}`
    const value = `${update} ${'x'.repeat(100)}`
    newest.set(record, value)
    void hub.publish('prices', value, { record })
    if (update % perTurn === 0) await nextTurn()
    if (update % 5_000 === 0) slowConnection.drain()
    if (update % 1_000 === 0) {
      returned.leave()
      returned = open(returning)
    }
  }
  for (let time = 0; time < 50; time++) {
    await nextTurn()
    slowConnection.drain()
  }
  for (const page of [live, slow, returning]) expect(page.shown).toEqual(newest)
  expect(newest.size).toBe(records)
  expect(slow.bytes).toBeLessThanOrEqual(live.bytes / 10)
  // One write of the reader.
  expect(slow.mostPending).toBeLessThan(262_144)
  const { gaps, windowEntries, windowBytes } = hub.stats()
  expect(gaps).toBe(0)
  expect(windowEntries).toBeLessThanOrEqual(window.entries)
  expect(windowBytes).toBeLessThanOrEqual(window.entries * 400)
  await hub.close()
}, 60_000)
