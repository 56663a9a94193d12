import { SseError, type SseResyncCause } from '@sse/client'
import { computed, onScopeDispose, onServerPrefetch, type Ref, shallowRef, watch } from 'vue'
import { type ChannelName, nameOf } from '../components/use-sse-channel.ts'
import type { RegisteredEvents } from '../register.ts'
import type { Consumer } from '../stream/consumer.ts'
import { findSession } from '../stream/find-session.ts'
import type { SseSource } from '../types.ts'

/** What tells the items of a list apart. */
export type ListKey = string | number

/** A list as its handlers change it. Items are replaced and never changed in place. */
export interface ListChanges<Item> {
  get(key: ListKey): Item | undefined
  /** Puts an item at the place of the one with its key, or at the end. */
  put(item: Item): void
  remove(key: ListKey): void
}

/** What `load` resolves to: the items, alone or with the position of what was loaded. */
export type LoadedList<Item> =
  | readonly Item[]
  | {
      readonly items: readonly Item[]
      /** `hub.position`, read on the server before the items. Then the list receives exactly what comes after it. */
      readonly position?: string | undefined
    }

/**
 * What an event does to the list. `'put'`: its data is an item. `'remove'`: its data is an item or a key. A function: whatever it does by its second
 * argument.
 */
export type ListTarget<Item, Data> =
  | 'remove'
  | (unknown extends Data ? 'put' : Data extends Item ? 'put' : never)
  | ((data: Data, list: ListChanges<Item>) => unknown)

/** A target, whatever the type of its data. */
type AnyTarget<Item> = 'put' | 'remove' | ((data: never, list: ListChanges<Item>) => unknown)

export interface SseListOptions<Item, Events extends object = RegisteredEvents> {
  /** The property whose value tells items apart, or a function that gives it. */
  readonly key: (keyof Item & string) | ((item: Item) => ListKey)
  /**
   * Loads the list: at the first opening of the stream, at every opening that does not resume, at a gap, and when the channel changes. The events
   * of the list wait meanwhile. A load that fails is tried again with backoff.
   */
  readonly load: (cause: SseResyncCause) => LoadedList<Item> | Promise<LoadedList<Item>>
  /** What each event does. Events that are not listed do nothing. */
  readonly events: { readonly [Name in keyof Events & string]?: ListTarget<Item, Events[Name]> }
  /** The channel of the list. The component joins it, and the list is loaded once the server has confirmed it. */
  readonly channel?: ChannelName | undefined
  /** Which events concern this list. Needed where several channels carry events of the same names. Default: all. */
  readonly filter?: ((data: never) => boolean) | undefined
  /** The order of the items. Default: as loaded; new items at the end. */
  readonly sort?: ((a: Item, b: Item) => number) | undefined
  /** The name of the list in a rendered page. Default: its events and its channel. */
  readonly name?: string | undefined
  /** The stream: its `namespace`, or the object of `createSse`. Default: `sse`. */
  readonly stream?: string | SseSource | undefined
}

export interface SseList<Item> extends ListChanges<Item> {
  /** The items, as a new array after every change. Do not change the items themselves. */
  readonly items: Readonly<Ref<readonly Item[]>>
  /** Whether the list may be incomplete: it is not loaded yet, or events were missed and it is being loaded again. */
  readonly stale: Readonly<Ref<boolean>>
  /** Why the last load has failed, or the channel was refused. Else undefined. */
  readonly error: Readonly<Ref<unknown>>
  /** Resolves after the first load, whether it succeeded or not. For `await` in `setup` under `<Suspense>`, and for a server render. */
  readonly ready: Promise<void>
  /** Loads again. */
  reload(): void
}

/**
 * A reactive list that is what the server has: it loads a snapshot, applies the events after it, and loads again when events were missed. No item is
 * ever in it twice.
 *
 * @throws SseError `invalid-use` outside of `setup`, and if the app does not have the stream
 */
export function useSseList<Item, Events extends object = RegisteredEvents>(
  options: SseListOptions<Item, Events>,
): SseList<Item> {
  const { channel, events, filter, key, load, sort, stream = 'sse' } = options
  const session = findSession(stream, 'useSseList')
  const { connection, hydration } = session
  const isOnChannel = 'channel' in options
  const name = options.name ?? [...Object.keys(events), nameOf(channel)].join()
  const rendered = hydration?.take(name)

  const keyOf = typeof key === 'function' ? key : (item: Item) => item[key] as ListKey
  const toMap = (items: readonly unknown[]) => new Map((items as Item[]).map((item) => [keyOf(item), item]))
  let items = toMap(rendered?.items ?? [])
  /** Counts the changes of `items`. */
  const version = shallowRef(0)
  const stale = shallowRef(!rendered)
  const error = shallowRef<unknown>()
  let settle = () => {}
  const ready = new Promise<void>((resolve) => {
    settle = resolve
  })

  const changes: ListChanges<Item> = {
    get: (key) => items.get(key),
    put(item) {
      items.set(keyOf(item), item)
      version.value++
    },
    remove(key) {
      if (items.delete(key)) version.value++
    },
  }

  function replace(next: readonly unknown[]): void {
    items = toMap(next)
    version.value++
  }

  function apply(target: AnyTarget<Item>, data: unknown): unknown {
    if (filter && !filter(data as never)) return undefined
    if (target === 'put') return changes.put(data as Item)
    if (target !== 'remove') return target(data as never, changes)
    const isKey = typeof data === 'string' || typeof data === 'number'
    return changes.remove(isKey ? data : keyOf(data as Item))
  }

  async function loadList(cause: SseResyncCause): Promise<string | undefined> {
    try {
      const loaded = await load(cause)
      // It was given up. What it has may be older than what the list has now.
      if (cause.signal.aborted) throw cause.signal.reason
      const page = 'items' in loaded ? loaded : { items: loaded }
      // What the load has already must not come after it.
      session.flush()
      replace(page.items)
      error.value = undefined
      return page.position
    } catch (reason) {
      if (!cause.signal.aborted) error.value = reason
      throw reason
    } finally {
      if (!cause.signal.aborted) settle()
    }
  }

  function follow(): Consumer {
    const consumer = session.consume({
      load: () => loadList,
      // The position is that of the page, whose events this list has up to its own.
      given: (at) => at === hydration?.lastEventId && (rendered?.position ?? false),
      get stale() {
        return stale.value
      },
      set stale(next) {
        stale.value = next
      },
      ...(isOnChannel && {
        channel: () => nameOf(channel),
        refused(name: string) {
          error.value = new SseError(
            'invalid-channel',
            `The server does not allow the channel '${name}'`,
            name,
          )
          settle()
        },
      }),
    })
    let isOn = true
    const offs = Object.entries(events).map(([event, target]) => {
      const run = (data: never) => isOn && apply(target as AnyTarget<Item>, data)
      return session.listen(event, [{ run, isCall: true }], consumer)
    })
    const { end } = consumer
    consumer.end = () => {
      isOn = false
      for (const off of offs) off()
      end()
    }
    consumer.begin()
    return consumer
  }

  /** On the server: loads once, and notes it for the browser. */
  async function render(): Promise<void> {
    try {
      const position = await loadList({ reason: 'open', signal: new AbortController().signal })
      stale.value = false
      await note?.(name, [...items.values()], position)
    } catch (error) {
      session.report(error, 'sse.open')
    }
  }

  const note = hydration?.forApp()
  let consumer: Consumer | undefined
  if (rendered) settle()
  if (connection.client) {
    let leave = enter()
    consumer = follow()
    const again = () => {
      // Joined before the other is left, so a channel that both need stays.
      const former = leave
      leave = enter()
      former()
      consumer?.end()
      replace([])
      error.value = undefined
      stale.value = true
      consumer = follow()
    }
    if (isOnChannel) watch(() => nameOf(channel), again)
    onScopeDispose(() => {
      consumer?.end()
      leave()
    })
  } else {
    const rendering = render()
    onServerPrefetch(() => rendering)
  }

  function enter(): () => void {
    const name = isOnChannel && nameOf(channel)
    if (isOnChannel && !name) {
      // There is nothing to show.
      stale.value = false
      settle()
    }
    return name ? connection.join(name) : () => {}
  }

  function toItems(): readonly Item[] {
    const list = [...items.values()]
    return sort ? list.sort(sort) : list
  }

  return {
    ...changes,
    items: computed(() => version.value >= 0 && toItems()) as Ref<readonly Item[]>,
    stale,
    error,
    ready,
    reload() {
      session.flush()
      consumer?.begin()
    },
  }
}
