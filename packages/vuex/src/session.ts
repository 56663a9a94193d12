import {
  createSseClient,
  type Listener,
  type ReportError,
  type SseMeta,
  type SseOpen,
  type SseState,
} from '@sse/client'
import { createCourier, type Target, toTargets } from './mapping.ts'
import { type CommitOwn, type SseModuleState, toConnectionState } from './module.ts'
import { createQueue } from './queue.ts'
import { createResync } from './resync.ts'
import type { StoreLike } from './store.ts'
import type { ConnectPayload, SseOptions } from './types.ts'

/** Inside, names and data are whatever the wire brings. */
export type AnyEvents = Record<string, unknown>

/** One stream of one store. The client stays in this closure: no state ever holds it. */
export interface Session {
  connect(payload?: ConnectPayload): void
  disconnect(): void
  reconnect(): void
  subscribe(channels: string | readonly string[]): void
  unsubscribe(channels: string | readonly string[]): void
  on(event: string, handler: Listener<never>): () => void
  readonly isRunning: boolean
}

export interface SessionContext {
  readonly store: StoreLike
  readonly state: () => SseModuleState
  readonly commit: CommitOwn
}

/** Milliseconds in which a server of ours has said `sse.open`. From one that has not, no opening is a resume. */
const ANNOUNCED = 1000

/** Connects nothing yet, and never anything where there is no window: there `connect` only notes the cursor for the browser. */
export function createSession(
  { store, state, commit }: SessionContext,
  options: SseOptions<AnyEvents>,
): Session {
  const { url, events = {}, resync: load, batch = true, freeze = false, ...clientOptions } = options
  const onError: ReportError = options.onError ?? ((error) => console.error(error))
  const client =
    typeof window === 'undefined' ? undefined : createSseClient(url, { ...clientOptions, onError })
  const courier = createCourier(store, onError)
  let received = 0
  let newest: SseMeta | undefined
  let announcement: ReturnType<typeof setTimeout> | undefined

  const queue = createQueue(batch, courier.deliver, () => {
    courier.settle()
    if (received > 0) commit('progress', { received, lastEventId: newest?.id ?? '' })
    received = 0
  })

  const resync =
    load &&
    createResync(
      (cause) => (typeof load === 'function' ? load(cause) : store.dispatch(load.dispatch, cause)),
      (stale) => state().stale !== stale && commit('stale', stale),
      onError,
    )

  /** Commits in the order of the wire: events that came before are in the store first. */
  const commitNext: CommitOwn = (...args) => {
    queue.flush()
    commit(...args)
  }

  function listen(event: string, targets: readonly Target[]): () => void {
    const off = client?.on(event, (data, meta) => {
      if (meta !== newest) received++ // all listeners of one event are given the same meta
      newest = meta
      queue.push({ targets, data: freeze ? Object.freeze(data) : data, meta })
    })
    return () => off?.()
  }

  client?.on('sse.state', (next: SseState) => {
    commitNext('state', toConnectionState(next))
    clearTimeout(announcement)
    if (next.status === 'open') announcement = setTimeout(() => resync?.start({ reason: 'open' }), ANNOUNCED)
  })
  client?.on('sse.open', ({ resumed }: SseOpen, { id }) => {
    clearTimeout(announcement)
    commitNext('progress', { received: 0, lastEventId: id })
    if (resumed === true) resync?.retry()
    else resync?.start({ reason: 'open' })
  })
  client?.on('sse.gap', (_, { id }) => {
    commitNext('gap', id)
    resync?.start({ reason: 'gap' })
  })
  client?.on('sse.channels', ({ channels }) => commitNext('channels', channels))
  // Own properties of the list and nothing else: what a server names otherwise is not even listened for.
  for (const [event, mapping] of Object.entries(events)) if (mapping) listen(event, toTargets(mapping))

  function connect({ lastEventId }: ConnectPayload = {}): void {
    // The first time the state may know more than the options: it may have come with the page, or from a former session.
    const known = client?.state.status === 'idle' ? state().lastEventId : undefined
    if (client) client.connect({ lastEventId: lastEventId ?? known })
    else if (lastEventId !== undefined) commit('progress', { received: 0, lastEventId })
  }

  return {
    connect,
    disconnect() {
      queue.flush()
      client?.close()
    },
    reconnect: () => (client?.state.status === 'idle' ? connect() : client?.reconnect()),
    subscribe: (channels) => client?.subscribe(channels),
    unsubscribe: (channels) => client?.unsubscribe(channels),
    on(event, handler) {
      // The typed `on` of `Sse` hands handlers in: the name decides what data they get.
      const call = handler as Listener<unknown>
      if (event.startsWith('sse.')) return client?.on(event, call) ?? (() => {})
      let isOn = true
      const off = listen(event, [(data, meta) => isOn && call(data, meta)])
      return () => {
        isOn = false
        off()
      }
    },
    get isRunning() {
      return client !== undefined && !['idle', 'closed'].includes(client.state.status)
    },
  }
}
