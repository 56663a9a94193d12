import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createHub } from '../src/hub/hub.ts'
import type { Transport } from '../src/response/transport.ts'
import { Decoder } from '../src/wire/decode.ts'
import type { Frame } from '../src/wire/frame.ts'

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

/** A connection of a page. A slow one reads nothing until `drain` is called. */
class Connection implements Transport {
  onDrain: Transport['onDrain']
  onClose: Transport['onClose']
  closed = false
  pending = 0
  readonly #page: Page
  readonly #isSlow: boolean
  readonly #decoder = new Decoder()
  #record = ''

  constructor(page: Page, { isSlow = false } = {}) {
    this.#page = page
    this.#isSlow = isSlow
  }

  open(): void {}

  write(frames: readonly Frame[]): boolean {
    const text = frames.map(({ bytes }) => Buffer.from(bytes).toString()).join('')
    this.#page.bytes += text.length
    for (const item of this.#decoder.decode(text)) if (item.type === 'event') this.#receive(item)
    if (this.#isSlow) this.pending += text.length
    this.#page.mostPending = Math.max(this.#page.mostPending, this.pending)
    return !this.#isSlow
  }

  drain(): void {
    this.pending = 0
    this.onDrain?.()
  }

  leave(): void {
    this.closed = true
    this.onClose?.()
  }

  end(): void {
    this.closed = true
  }

  refuse(): void {
    this.closed = true
  }

  destroy(): void {
    this.closed = true
  }

  #receive({ event, data, id }: { event: string; data: string; id: string }): void {
    if (id !== '') this.#page.lastEventId = id
    if (event === 'sse.record') this.#record = JSON.parse(data).record
    else if (event === 'sse.records' && !JSON.parse(data).done) this.#page.shown.clear()
    else if (event === 'message') this.#page.shown.set(this.#record, data)
  }
}

it(`of ${updates} updates of ${records} records every reader has the newest in the end; a slow one was sent at most a tenth`, async () => {
  const window = { entries: 8_000 }
  const hub = createHub({ window, channel: () => ({ records: true }) })
  await hub.ready
  const open = (page: Page, isSlow = false) => {
    const connection = new Connection(page, { isSlow })
    const lacks = () => page.lastEventId === undefined
    hub
      .stream(connection, { lastEventId: page.lastEventId, stall: Infinity, records: { lacks } })
      .subscribe('prices')
    return connection
  }
  const [live, slow, returning] = [new Page(), new Page(), new Page()]
  open(live)
  const slowConnection = open(slow, true)
  let returned = open(returning)
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
