import { createSseClient, type Listener, type SseMeta, type SseOpen, type SseState } from '@sse/client'
import { createAttempt, createReport } from './attempt.ts'
import { createCourier } from './courier.ts'
import { warnOfMissing } from './development.ts'
import { type Target, toTargets } from './mapping.ts'
import { type CommitOwn, type SseEntry, type SseModuleState, toConnectionState } from './module.ts'
import { createQueue } from './queue.ts'
import { createResync, type SseResyncCause } from './resync.ts'
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
  /**
   * Disconnects, and says nothing more to the store: another session takes over.
   *
   * @returns whether it was connected, or about to be
   */
  end(): boolean
}

export interface SessionContext {
  readonly store: StoreLike
  readonly state: () => SseModuleState
  readonly commit: CommitOwn
}

/** Milliseconds in which a server of ours has said `sse.open`. From one that has not, no opening is a resume. */
const ANNOUNCED = 1000

/** Connects nothing yet, and never anything where there is no window: there `connect` only notes the cursor for the browser. */
export function createSession(context: SessionContext, options: SseOptions<AnyEvents>): Session {
  const { store, state } = context
  const { url, events = {}, resync: load, batch = true, freeze = false, keep = 0, ...others } = options
  const { namespace = 'sse', onError = (error: unknown) => console.error(error), ...clientOptions } = others
  const client =
    typeof window === 'undefined' ? undefined : createSseClient(url, { ...clientOptions, onError })
  const report = createReport(onError)
  const attempt = createAttempt(report)
  const courier = createCourier(attempt)
  let received = 0
  let newest: SseMeta | undefined
  let history: SseEntry[] = []
  let announcement: ReturnType<typeof setTimeout> | undefined
  let isWarned = false
  let hasEnded = false

  /** A subscriber of the store may throw, after the mutation was made. */
  const commit: CommitOwn = (...args) => {
    if (!hasEnded) attempt(() => context.commit(...args), `${namespace}/${args[0]}`)
  }

  const queue = createQueue<{ targets: readonly Target[]; data: unknown; meta: SseMeta }>(
    batch,
    (delivery) => {
      const { data, meta } = delivery
      // All listeners of one event are given the same meta.
      if (meta !== newest) {
        received++
        if (keep > 0) history.push(Object.freeze({ ...meta, data }))
      }
      newest = meta
      courier.deliver(delivery)
    },
    () => {
      courier.settle()
      if (received === 0) return
      const progress = { received, lastEventId: newest?.id ?? '' }
      const kept = history
      received = 0
      history = []
      if (keep > 0) commit('history', [...state().history, ...kept].slice(-keep))
      commit('progress', progress)
    },
  )

  const resync = load
    ? createResync(
        (cause) => (typeof load === 'function' ? load(cause) : store.dispatch(load.dispatch, cause)),
        {
          get: () => state().stale,
          set: (stale) => state().stale !== stale && commit('stale', stale),
        },
        report,
      )
    : undefined

  function missed(reason: SseResyncCause['reason']): void {
    resync?.start({ reason })
    if (load === undefined && !isWarned) warnOfMissing(namespace, { reason })
    isWarned = true
  }

  /** Commits in the order of the wire: events that came before are in the store first. */
  const commitNext: CommitOwn = (...args) => {
    queue.flush()
    commit(...args)
  }

  const on = (event: string, listener: Listener<unknown>) => client?.on(event, listener) ?? (() => {})

  const listen = (event: string, targets: readonly Target[]) =>
    on(event, (data, meta) => queue.push({ targets, data: freeze ? Object.freeze(data) : data, meta }))

  client?.on('sse.state', (next: SseState) => {
    commitNext('state', toConnectionState(next))
    clearTimeout(announcement)
    if (next.status === 'open') announcement = setTimeout(() => missed('open'), ANNOUNCED)
  })
  client?.on('sse.open', ({ resumed }: SseOpen, { id }) => {
    clearTimeout(announcement)
    commitNext('progress', { received: 0, lastEventId: id })
    if (resumed === true) resync?.retry()
    else missed('open')
  })
  client?.on('sse.gap', (_, { id }) => {
    commitNext('gap', id)
    missed('gap')
  })
  client?.on('sse.channels', ({ channels }) => commitNext('channels', channels))
  // Own properties of the list and nothing else: what a server names otherwise is not even listened for.
  for (const [event, mapping] of Object.entries(events)) {
    if (mapping) listen(event, toTargets(store, mapping))
  }

  function connect({ lastEventId }: ConnectPayload = {}): void {
    const cursor = lastEventId ?? knownCursor()
    if (client) client.connect({ lastEventId: cursor })
    else if (cursor !== undefined) commit('progress', { received: 0, lastEventId: cursor })
  }

  /** The first time the state may know more than the client: it may have come with the page, or from a former session. */
  function knownCursor(): string | undefined {
    const { lastEventId } = state()
    return isIdle() && lastEventId !== (options.lastEventId ?? '') ? lastEventId : undefined
  }

  const isIdle = () => client?.state.status === 'idle'

  function disconnect(): void {
    queue.flush()
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
      const call = handler as Listener<unknown>
      if (event.startsWith('sse.')) return on(event, call)
      let isOn = true
      const off = listen(event, [{ run: (data, meta) => isOn && call(data, meta), isCall: true }])
      return () => {
        isOn = false
        off()
      }
    },
    end() {
      const status = client?.state.status ?? 'idle'
      disconnect()
      hasEnded = true
      return status !== 'idle' && status !== 'closed'
    },
  }
}
