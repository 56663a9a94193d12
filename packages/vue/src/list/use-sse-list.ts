import type { SseResyncCause } from '@sse/client'
import { computed, getCurrentInstance, onServerPrefetch, type Ref, shallowRef } from 'vue'
import { type ChannelName, nameOf } from '../components/channel-name.ts'
import { inScope } from '../components/use-on-channel.ts'
import { useSseChannel } from '../components/use-sse-channel.ts'
import { development } from '../development/development.ts'
import { loadParts, parts } from '../load-parts.ts'
import type { RegisteredEvents } from '../register.ts'
import { findSession } from '../stream/find-session.ts'
import type { Session } from '../stream/session.ts'
import type { SseSource } from '../types.ts'
import type { DehydratedList } from './dehydrated.ts'

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
export type AnyTarget<Item> = 'put' | 'remove' | ((data: never, list: ListChanges<Item>) => unknown)

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

/** What the part of a list that is loaded later sees of it. */
export interface ListShell<Item> {
  readonly session: Session
  readonly options: SseListOptions<Item, never>
  readonly name: string
  /** What came with the page. */
  readonly rendered: DehydratedList | undefined
  readonly changes: ListChanges<Item>
  readonly stale: { value: boolean }
  readonly error: { value: unknown }
  /** In development: refuses what is not a list. */
  check?: (loaded: unknown) => void
  keyOf(item: Item): ListKey
  values(): Item[]
  replace(items: readonly Item[]): void
  /** It is ready. */
  settle(): void
}

/**
 * A reactive list that is what the server has: it loads a snapshot, applies the events after it, and loads again when events were missed. No item is
 * ever in it twice.
 *
 * @throws SseError `invalid-use` outside of `setup`, and if the app does not have the stream; in development `invalid-option` for an option that is
 * unknown, missing or invalid
 */
export function useSseList<Item, Events extends object = RegisteredEvents>(
  options: SseListOptions<Item, Events>,
): SseList<Item> {
  const tools = development()
  const list = tools ? tools.checkList(options) : options
  const { channel, key, sort, stream } = list
  const session = findSession('useSseList', stream)
  const { connection, hydration } = session
  const name = list.name ?? `${Object.keys(list.events)},${nameOf(channel)}`
  const rendered = hydration?.lists[name]

  const keyOf = typeof key === 'function' ? key : (item: Item) => item[key] as ListKey
  let items = new Map<ListKey, Item>()
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
  const shell: ListShell<Item> = {
    ...{ session, options: list as SseListOptions<Item, never>, name, rendered, changes, stale, error },
    ...{ keyOf, settle },
    values() {
      void version.value
      return [...items.values()]
    },
    replace(next) {
      items = new Map(next.map((item) => [keyOf(item), item]))
      version.value++
    },
  }
  tools?.checkShell(shell)

  let reload = () => {}
  if (rendered && hydration) {
    delete hydration.lists[name]
    shell.replace(rendered.items as Item[])
    settle()
  }
  if (connection.client) {
    useSseChannel(channel, stream)
    inScope(session, (receiver) => {
      reload = parts!.followList(shell, receiver)
    })
  } else {
    const component = getCurrentInstance()
    const rendering = loadParts().then(({ renderList }) => renderList(shell, component))
    onServerPrefetch(() => rendering)
  }

  return {
    ...changes,
    items: computed(() => (sort ? shell.values().sort(sort) : shell.values())),
    ...{ stale, error, ready },
    reload: () => reload(),
  }
}
