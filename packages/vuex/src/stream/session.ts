import {
  createSseClient,
  type Listener,
  type SseClient,
  type SseMeta,
  type SseOpen,
  type SseState,
} from '@sse/client'
import { createAttempt } from './attempt.ts'
import { call } from '../store/call.ts'
import { createCourier, type Delivery } from './dispatcher.ts'
import { type Target, toTargets } from '../store/mapping.ts'
import { type CommitOwn, type SseEntry, type SseModuleState, toConnectionState } from './state.ts'
import { createQueue } from './queue.ts'
import { createResync, type Resync, type SseResyncCause } from './resync.ts'
import type { StoreLike } from '../store/store.ts'
import type { ConnectPayload, SseOptions } from '../types.ts'

/** Inside, names and data are whatever the wire brings. */
export type AnyEvents = Record<string, unknown>

/** One stream of one store. The client stays in this closure: no state ever holds it. */
export interface Session {
  connect(payload?: ConnectPayload | null): void
  disconnect(): void
  reconnect(): void
  subscribe(channels: string | readonly string[]): void
  unsubscribe(channels: string | readonly string[]): void
  on(event: string, handler: Listener<never>): () => void
}

export interface SessionContext {
  readonly store: StoreLike
  readonly state: () => SseModuleState
  /** Takes the place of `resync` where the app says nothing of it. */
  readonly unset?: Resync | undefined
  /** Put out of action when another session takes over: this one says nothing more to the store then. */
  commit: CommitOwn
}

/** Milliseconds in which a server of ours has said `sse.open`. From one that has not, no opening is a resume. */
const ANNOUNCED = 1000

/** Connects nothing yet, and never anything where there is no window: there `connect` only notes the cursor for the browser. */
export function createSession(context: SessionContext, options: SseOptions<AnyEvents>): Session {
  const { store, state } = context
  const {
    url,
    events = {},
    resync: load,
    namespace = 'sse',
    batch = true,
    freeze = false,
    keep = 0,
    ...rest
  } = options
  const onError = rest.onError ?? ((error: unknown) => console.error(error))
  const client = typeof window === 'undefined' ? undefined : createSseClient(url, { ...rest, onError })
  const attempt = createAttempt(onError)
  const courier = createCourier(attempt)
  /** Events since the last progress, once for each of their listeners. */
  let deliveries: Delivery[] = []
  /** The event that was counted last. */
  let counted: SseMeta | undefined
  let announcement: ReturnType<typeof setTimeout> | undefined
  /** What the app shows goes on from a position: the app gave it, or has been told to load everything. A cursor that the client kept is none. */
  let isComplete = !!options.lastEventId

  /** A subscriber of the store may throw, after the mutation was made. */
  const commit: CommitOwn = (...args) => {
    attempt(() => context.commit(...args), `${namespace}/${args[0]}`)
  }

  const queue = createQueue<Delivery>(
    batch,
    (delivery) => {
      deliveries.push(delivery)
      courier.deliver(delivery)
    },
    () => {
      courier.settle()
      progress()
    },
  )

  /** Tells the state what the app has got. An event that reached no target does not count. */
  function progress(): void {
    const last = deliveries.at(-1)
    if (!last) return
    const got = deliveries.filter(({ lost, meta, targets }) => {
      // All listeners of one event are given the same meta.
      const isNew = meta !== counted && lost < targets.length
      if (isNew) counted = meta
      return isNew
    })
    deliveries = []
    if (keep > 0 && got.length > 0) commit('history', [...state().history, ...got.map(toEntry)].slice(-keep))
    commit('progress', { received: got.length, lastEventId: last.meta.id })
  }

  const resync = load
    ? createResync(
        (cause) =>
          typeof load === 'function' ? load(cause) : call(store, 'dispatch', load.dispatch, cause, 'resync'),
        state,
        commit,
        attempt.report,
      )
    : load === undefined
      ? context.unset
      : undefined

  function missed(reason: SseResyncCause['reason']): void {
    isComplete = true
    resync?.start({ reason })
  }

  /** Commits in the order of the wire: events that came before are in the store first. */
  const commitNext: CommitOwn = (...args) => {
    queue.flush()
    commit(...args)
  }

  const on: SseClient['on'] = (event, listener) => client?.on(event, listener) ?? (() => {})

  const listen = (event: string, targets: readonly Target[]) =>
    on(event, (data, meta) =>
      queue.push({ targets, data: freeze ? Object.freeze(data) : data, meta, lost: 0 }),
    )

  on('sse.state', (next: SseState) => {
    if (state().status === 'closed') resync?.cancel()
    commitNext('state', toConnectionState(next))
    clearTimeout(announcement)
    if (next.status === 'open') announcement = setTimeout(() => missed('open'), ANNOUNCED)
  })
  on('sse.open', ({ resumed }: SseOpen, { id }) => {
    clearTimeout(announcement)
    commitNext('progress', { received: 0, lastEventId: id })
    if (resumed === true && isComplete) resync?.retry()
    else missed('open')
  })
  on('sse.gap', (_, { id }) => {
    commitNext('gap', id)
    missed('gap')
  })
  on('sse.channels', (channels) => commitNext('channels', channels))
  // Own properties of the list and nothing else: what a server names otherwise is not even listened for.
  for (const [event, mapping] of Object.entries(events)) {
    if (mapping) listen(event, toTargets(store, mapping))
  }

  function connect(payload?: ConnectPayload | null): void {
    const cursor = payload?.lastEventId ?? knownCursor()
    if (!client) {
      if (cursor !== undefined) commit('progress', { received: 0, lastEventId: cursor })
      return
    }
    client.connect({ lastEventId: cursor })
    // One that is connected already stays where it is.
    if (cursor && cursor === client.lastEventId) isComplete = true
  }

  /** The first time the state may know more than the client: it may have come with the page, or from a former session. */
  function knownCursor(): string | undefined {
    const { lastEventId } = state()
    return isIdle() && lastEventId !== (options.lastEventId ?? '') ? lastEventId : undefined
  }

  const isIdle = () => client?.state.status === 'idle'

  function disconnect(): void {
    queue.flush()
    resync?.cancel()
    client?.close()
  }

  return {
    connect,
    disconnect,
    reconnect: () => (isIdle() ? connect() : client?.reconnect()),
    subscribe: (channels) => client?.subscribe(channels),
    unsubscribe: (channels) => client?.unsubscribe(channels),
    on(event, handler) {
      // The typed `on` of `Sse` hands handlers in: the name decides what data they get.
      const listener = handler as Listener<unknown>
      if (event.startsWith('sse.')) return on(event, listener)
      let isOn = true
      const off = listen(event, [{ run: (data, meta) => isOn && listener(data, meta), isCall: true }])
      return () => {
        isOn = false
        off()
      }
    },
  }
}

const toEntry = ({ data, meta }: Delivery): SseEntry => Object.freeze({ ...meta, data })
