import { createSse, usePresence, useSse, useSseEvent, useSseList, useSseRecords } from '@sse/vue'
import { createRenderer, h, type Ref, ref } from 'vue'
import { lobby, news, prices, rooms } from '../server/app-data.ts'
import { isExplained, urlOf } from './client-page.ts'
import type { Page, PageCode } from './page.ts'
import type { ShownItem } from './page-ledger.ts'

/** Vue renders to nothing. */
const nothing = () => ({})
const { createApp } = createRenderer<object, object>({
  ...{ createElement: nothing, createText: nothing, createComment: nothing },
  ...{ insert() {}, remove() {}, patchProp() {}, setText() {}, setElementText() {} },
  parentNode: () => null,
  nextSibling: () => null,
})

/** A page of `@sse/vue`: a list of the news, a list of one room that changes, records and members. */
export function startVue(page: Page): PageCode {
  const { tab } = page
  const { share, persist, channels, rewind } = tab.options
  const { world, data } = tab.simulation
  const sse = createSse<{ item: ShownItem }>({
    url: urlOf(rewind),
    connect: false,
    channels: channels.filter((channel) => !isRoom(channel)),
    headers: page.headers,
    refresh: page.refresh,
    ...(share && { share: { key: page.user } }),
    ...(persist && { persist: { storage: 'session' as const, key: page.user } }),
    onError: (error) => {
      if (!isExplained(error)) page.report(error)
    },
  })
  const isReadable = (channel: string | undefined) =>
    channel === news || (channel !== undefined && data.mayRead(page.user, channel))
  const room = ref(channels.find(isRoom))
  const lists: {
    readonly channel: () => string | undefined
    readonly items: Ref<readonly ShownItem[]>
    readonly stale: Ref<boolean>
  }[] = []

  function useItems(channel: () => string | undefined, joined: boolean): void {
    const load = async ({ signal }: { signal: AbortSignal }) => {
      const { items, position } = await page.fetchList(signal)
      const own = items.filter((item) => item.channel === channel())
      return tab.options.resync === 'position' ? { items: own, position } : own
    }
    const { items, stale } = useSseList<ShownItem, { item: ShownItem }>({
      ...{ key: 'n', load, events: { item: 'put' }, name: joined ? 'room' : 'news' },
      ...(joined && { channel }),
      filter: (item: ShownItem) => item.channel === channel(),
    })
    lists.push({ channel, items, stale })
  }

  const app = createApp({
    setup() {
      const { status } = useSse()
      useSseEvent('item', (item) => {
        const { n, channel } = item as ShownItem
        world.note(page.name, `handles ${n} ${channel} ${status.value}`)
      })
      useItems(() => news, false)
      useItems(() => room.value, true)
      const price = page.wanted.has(prices) ? useSseRecords(prices) : undefined
      page.showsMembers = page.wanted.has(lobby)
      const here = page.wanted.has(lobby) ? usePresence<{ user: string }>(lobby) : undefined
      return () => {
        page.records = price && !price.stale.value ? price.records.value : undefined
        page.members = here && !here.stale.value ? here.members.value : undefined
        return h('p', [String(lists.map(({ items }) => items.value.length))])
      }
    },
  })
  app.use(sse)
  app.mount({})
  return {
    get state() {
      return { status: sse.status } as PageCode['state']
    },
    get stale() {
      return lists.some(({ channel, stale }) => isReadable(channel()) && stale.value)
    },
    connect: () => sse.connect(),
    close: () => sse.disconnect(),
    reconnect: () => sse.reconnect(),
    subscribe(channel) {
      if (isRoom(channel)) room.value = channel
      else sse.subscribe(channel)
    },
    unsubscribe(channel) {
      if (room.value === channel) room.value = undefined
      else if (!isRoom(channel)) sse.unsubscribe(channel)
    },
    reached: (id) => sse.reached(id),
    judge() {
      for (const { channel, items, stale } of lists) {
        const name = channel()
        if (!isReadable(name)) continue
        const shown = items.value.map(({ n }) => n)
        const wrong = items.value.find((item) => item.channel !== name)
        if (wrong) return `shows ${wrong.n} of ${wrong.channel} in the list of ${name}`
        const missing = data.items.filter(
          (item) => item.channel === name && item.state === 'published' && !shown.includes(item.n),
        )
        if (missing.length > 0) return `does not show ${missing.map(({ n }) => n)} in the list of ${name}`
        if (stale.value) return `has a stale list of ${name}`
      }
      return undefined
    },
    end: () => app.unmount(),
  }
}

export const isRoom = (channel: string): boolean => rooms.some((room) => room === channel)
