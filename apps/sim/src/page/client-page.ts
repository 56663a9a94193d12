import { createSseClient, type SseResyncCause } from '@sse/client'
import { lobby, prices } from '../server/app-data.ts'
import type { Page, PageCode } from './page.ts'
import type { RunPart, ShownItem } from './page-ledger.ts'

/** A page that uses the client itself. */
export function startClient(page: Page): PageCode {
  const { ledger, tab } = page
  const { share, persist, resync, channels, rewind, slowSchema } = tab.options
  const load = async ({ signal }: SseResyncCause) => {
    const before = new Set(ledger.since.keys())
    const { items, position } = await page.fetchList(signal)
    if (tab.options.heedsAbort && signal.aborted) return undefined
    const at = resync === 'position' ? position : undefined
    ledger.loaded(items, at, before)
    return at
  }
  const client = createSseClient<{ item: ShownItem; typing: ShownItem; part: RunPart[] }>(urlOf(rewind), {
    channels,
    ...(slowSchema && { events: { item: slowItem(page) } }),
    headers: page.headers,
    refresh: page.refresh,
    ...(share && { share: { key: page.user } }),
    ...(persist && { persist: { storage: 'session' as const, key: page.user } }),
    ...(resync !== 'none' && { resync: load }),
    onError: (error) => {
      if (!isExplained(error)) page.report(error)
    },
  })
  client.on('item', (item, { id }) => ledger.told(item, id))
  client.on('typing', (typing) => ledger.heard(typing))
  client.on('part', (parts, { id }) => ledger.ran(parts, id))
  client.on('sse.end', ({ channel }) => ledger.ended(channel))
  client.on('sse.open', ({ resumed }) => ledger.opened(resumed))
  client.on('sse.gap', ({ reason }) => ledger.gap(reason))
  client.on('sse.channels', (settled) => ledger.channels(settled.channels))
  client.on('sse.state', (state) => tab.simulation.world.note(page.name, JSON.stringify(state)))
  if (page.wanted.has(prices))
    client.onRecords(prices, ({ records, stale }) => {
      page.records = stale ? undefined : new Map(records)
    })
  const showMembers = (channel: string) => {
    if (channel !== lobby || page.showsMembers) return
    page.showsMembers = true
    client.onPresence<{ user: string }>(lobby, ({ members }) => {
      page.members = members
    })
  }
  for (const channel of page.wanted) showMembers(channel)
  return {
    get state() {
      return client.state
    },
    get stale() {
      return client.stale
    },
    connect: () => client.connect(),
    close: () => client.close(),
    reconnect: () => client.reconnect(),
    subscribe(channel) {
      showMembers(channel)
      client.subscribe(channel)
    },
    unsubscribe: (channel) => client.unsubscribe(channel),
    reached: (id) => client.reached(id),
    judge: () => undefined,
    end: () => client.close(),
  }
}

export const urlOf = (rewind: number): string => (rewind > 0 ? `/events?rewind=${rewind}` : '/events')

/** A schema that asks somebody else: now and then for longer than a reconnect takes. */
export const slowItem = ({ program }: Page) => ({
  '~standard': {
    version: 1 as const,
    vendor: 'sim',
    validate: async (value: unknown) => {
      const { random } = program
      await new Promise((resolve) => setTimeout(resolve, random() < 0.1 ? random() * 8_000 : random() * 20))
      return { value: value as ShownItem }
    },
  },
})

/** Whether the faults of the network, or of the list's route, explain an error. */
export function isExplained(error: unknown): boolean {
  return /list|fetch failed|`resync` has not finished/i.test(String(error))
}
