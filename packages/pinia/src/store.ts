import { SseError, type SseResyncCause } from '@sse/vue'
import type { ConsumerOptions, Session, Target } from '@sse/vue/internal'
import type { Pinia, StoreGeneric } from 'pinia'
import { onScopeDispose } from 'vue'
import type { development } from './development/development.ts'
import { notePosition, type Positions } from './positions.ts'

/** A stream in a Pinia, and the stores by their ids. */
export interface PiniaStream {
  readonly namespace: string
  readonly session: Session
  /** Of the stores of a rendered page. */
  readonly positions: Positions
  readonly stores: Map<string, Follower>
}

/** A store, and its share in a stream. */
interface Follower {
  readonly store: StoreGeneric
  /** Loads again what the store shows, because it was reset. */
  reload(): void
  leave(): void
}

/** The option `sse` of a store, whichever store it is. */
interface StoreOptions {
  readonly stream?: string | undefined
  readonly events?: Mappings | undefined
  readonly records?: Mappings | undefined
  readonly presence?: Mappings | undefined
  readonly resync?: string | false | undefined
}

type Mappings = Readonly<Record<string, Mapping | undefined>>

type Mapping = string | { readonly action: string; readonly batch?: boolean | undefined }

/** What the plugin uses of the context that Pinia gives. */
export interface StoreContext {
  readonly pinia: Pinia
  readonly store: StoreGeneric
  readonly options: { readonly actions: object; readonly sse?: StoreOptions | undefined }
}

/** How Pinia names a store that exists only until the real one has taken its actions, in a hot reload. */
const HOT = '__hot:'

/**
 * Gives a new store what its option `sse` says, until the store is disposed. After a hot reload of a store, the new option replaces the
 * former one.
 *
 * @param streams of this Pinia
 */
export function addStore(
  context: StoreContext,
  stream: PiniaStream,
  streams: ReadonlyMap<string, PiniaStream>,
  tools: ReturnType<typeof development>,
): void {
  const { namespace, session, stores } = stream
  const { store, options } = context
  const isHot = store.$id.startsWith(HOT)
  const id = isHot ? store.$id.slice(HOT.length) : store.$id
  const present = stores.get(id)
  // A plugin may be there twice.
  if (isHot ? !present : present?.store === store) return
  const { sse = {} } = options
  tools?.checkStoreOptions(id, sse)
  const { stream: wanted = 'sse' } = sse
  if (wanted !== namespace)
    // The plugin of the other stream may come after this one.
    Promise.resolve().then(() => {
      if (!streams.has(wanted) && streams.values().next().value === stream)
        session.report(noStream(id, wanted), 'sse.open')
    })
  if (present) {
    session.use(({ flush }) => flush())
    present.leave()
  }
  const followed = isHot ? present!.store : store
  stores.set(id, follow({ ...context, store: followed }, wanted === namespace ? sse : {}, stream))
  if (isHot) return
  onScopeDispose(() => {
    const follower = stores.get(id)
    if (follower?.store !== store) return
    follower.leave()
    stores.delete(id)
  })
  if (!sse.resync || !session.connection.client) return
  const { $reset } = store
  store.$reset = () => {
    const reload = () => stores.get(id)?.reload()
    const result: unknown = $reset.call(store)
    // A setup store's own one may be asynchronous.
    Promise.resolve(result).then(reload, reload)
    return result as undefined
  }
}

function follow(
  { pinia, store, options: { actions } }: StoreContext,
  sse: StoreOptions,
  { namespace, session, positions }: PiniaStream,
): Follower {
  const { resync } = sse
  const { $id: id } = store
  let isFollowing = true
  let isStale = false
  let isReset = false

  /** Only own actions of the store: neither the server nor a slip of the pen calls anything else. */
  function actionOf(name: string, option: string): (payload: unknown) => unknown {
    if (Object.hasOwn(actions, name)) return (payload) => isFollowing && store[name](payload)
    throw new SseError(
      'invalid-option',
      `The store '${id}' has no action '${name}': correct sse.${option}`,
      name,
    )
  }

  /** Tells of a missing action now, and again whenever it is needed. */
  function check(name: string, option: string, event: string): void {
    try {
      actionOf(name, option)
    } catch (error) {
      session.report(error, event)
    }
  }

  const keys: Record<string, object> = {}

  function toTarget(event: string, mapping: Mapping, option: string): Target {
    const { action, batch = false } = typeof mapping === 'string' ? { action: mapping } : mapping
    check(action, option, event)
    if (batch) keys[action] ??= {}
    return {
      run: (data) => actionOf(action, option)(data),
      batch: batch && keys[action],
    }
  }

  const targets = (['events', 'records', 'presence'] as const).flatMap((option) =>
    Object.entries(sse[option] ?? {}).map(([name, mapping]) => {
      const event = option === 'events' ? name : `sse.${option}:${name}`
      return [event, mapping ? [toTarget(event, mapping, `${option}.${name}`)] : []] as const
    }),
  )
  if (resync) check(resync, 'resync', 'sse.open')

  const { client } = session.connection
  if (!client) {
    store.$onAction(({ name, after }) => {
      if (name === resync) after((position: unknown) => notePosition(pinia, namespace, id, position))
    })
  }

  let [begin, end] = [() => {}, () => {}]
  session.use((receiver) => {
    if (!isFollowing) return
    const consumerOptions: ConsumerOptions = {
      load: () => (resync ? (cause: SseResyncCause) => actionOf(resync, 'resync')(cause) : undefined),
      given(at) {
        const position = positions[id]
        if (isReset) return false
        if (position) return Number(receiver.comparePositions(position, at)) >= 0 && position
        return session.connection.isGiven && !session.options.isHydrated && at
      },
      get stale() {
        return isStale
      },
      set stale(next) {
        isStale = next
        // A load may end after its store.
        receiver.setStale(consumerOptions, next && isFollowing)
      },
    }
    const consumer = receiver.consume(consumerOptions)
    const offs = targets.map(([event, targets]) => receiver.take(event, targets, consumer))
    begin = () => {
      // If it is not open, the next opening loads, even if it resumes.
      if (client?.state.status !== 'idle') consumerOptions.stale = true
      consumer.begin()
    }
    end = () => {
      for (const off of offs) off()
      consumer.end()
      receiver.setStale(consumerOptions, false)
    }
    consumer.begin()
  })

  return {
    store,
    reload() {
      isReset = true
      begin()
    },
    leave() {
      isFollowing = false
      end()
    },
  }
}

const noStream = (store: string, stream: string): SseError =>
  new SseError(
    'invalid-option',
    `The store '${store}' takes events of the stream '${stream}', which its Pinia does not have: pinia.use(createSse({ namespace: '${stream}', … }))`,
    stream,
  )
