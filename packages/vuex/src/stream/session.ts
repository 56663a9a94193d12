import {
  createSseClient,
  type Listener,
  type SseClient,
  type SseClientOptions,
  type SseOpen,
  type SseState,
} from '@sse/client'
import { createDispatcher, type Delivery, type Target } from './dispatcher.ts'
import { createResync, type Resync, type SseResync, type SseResyncCause } from './resync.ts'
import { type CommitOwn, type SseEntry, type SseModuleState, toConnectionState } from './state.ts'

/** The client's options, and those of a stream whose events are delivered frame by frame. */
export interface StreamOptions<Events extends object> extends Omit<SseClientOptions<Events>, 'resync'> {
  /** The URL of the stream. */
  readonly url: string | URL
  /**
   * Loads what the app shows whenever that may be incomplete: at the first opening of the store, unless the app gave the position and the
   * stream resumed there; at every other opening that does not resume; at a gap. A load that fails is tried again with backoff. `false`:
   * nothing has to be loaded. Left out: development logs one warning when it would have been needed.
   */
  readonly resync?: SseResync | false | undefined
  /** The name of the module. With a `$` in front, the name of the property of components. Default: `sse`. */
  readonly namespace?: string | undefined
  /**
   * Deliver events per frame, in order. A visible page gets at most 2,000 events and 10 ms of work in each frame. A hidden page gets all of
   * them by a timer. If more than 20,000 events are queued, the oldest are delivered immediately. `false`: every event is delivered
   * immediately. Default: true.
   */
  readonly batch?: boolean | undefined
  /**
   * Freeze data before it is delivered, so that Vue does not make it reactive. A mutation that changes a delivered object, such as
   * `items[0].read = true`, then throws. Default: false.
   */
  readonly freeze?: boolean | undefined
  /** How many of the newest events the state keeps as `history`. Default: 0. */
  readonly keep?: number | undefined
}

/** The position to resume from. */
export interface ConnectPayload {
  /** The position of a loaded snapshot. Default: the client's own cursor. */
  readonly lastEventId?: string | undefined
}

/** Inside, names and data are whatever the wire brings. */
export type AnyEvents = Record<string, unknown>

/** One stream. The client stays in this closure, so no state ever holds it. */
export interface Session {
  connect(payload?: ConnectPayload | null): void
  disconnect(): void
  reconnect(): void
  subscribe(channels: string | readonly string[]): void
  unsubscribe(channels: string | readonly string[]): void
  on(event: string, handler: Listener<never>): () => void
}

/** What a session needs from the place where its state lives. */
export interface SessionContext {
  readonly state: () => SseModuleState
  /** Commits to the state. Replaced when another session takes over, so that this one commits nothing more. */
  commit: CommitOwn
  /** The targets of one entry of `events`. */
  readonly toTargets: (mapping: object | string) => readonly Target[]
  /** Runs `resync` by name. */
  readonly dispatch: (name: string, cause: SseResyncCause) => unknown
  /** Used if the app does not set `resync`. */
  readonly unset?: Resync | undefined
}

/** Milliseconds within which our server sends `sse.open`. Without one, the opening counts as not resumed. */
const ANNOUNCED = 1000

/** Does not connect yet, and never connects without a window. There `connect` only stores the cursor for the browser. */
export function createSession(
  context: SessionContext,
  options: StreamOptions<AnyEvents> & {
    readonly events?: Readonly<Record<string, object | string | undefined>> | undefined
  },
): Session {
  const { state } = context
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
  const dispatcher = createDispatcher({ batch, onError, onRound })
  let announcement: ReturnType<typeof setTimeout> | undefined
  /** Whether the app's data is complete up to a position: the app gave it, or was told to load everything. A stored cursor does not count. */
  let isComplete = !!options.lastEventId

  /** A subscriber of the store may throw after the mutation was made. */
  const commit: CommitOwn = (...args) => {
    dispatcher.run(() => context.commit(...args), `${namespace}/${args[0]}`)
  }

  /** Commits what the app has received. An event that reached no target does not count. */
  function onRound(delivered: readonly Delivery[], lastEventId: string): void {
    if (keep > 0 && delivered.length > 0)
      commit('history', [...state().history, ...delivered.map(toEntry)].slice(-keep))
    commit('progress', { received: delivered.length, lastEventId })
  }

  const resync = load
    ? createResync(
        (cause) => (typeof load === 'function' ? load(cause) : context.dispatch(load.dispatch, cause)),
        state,
        commit,
        dispatcher.report,
      )
    : load === undefined
      ? context.unset
      : undefined

  function missed(reason: SseResyncCause['reason']): void {
    isComplete = true
    resync?.start({ reason })
  }

  /** Commits in the order of the wire: earlier events are in the store first. */
  const commitNext: CommitOwn = (...args) => {
    dispatcher.flush()
    commit(...args)
  }

  const on: SseClient['on'] = (event, listener) => client?.on(event, listener) ?? (() => {})

  const listen = (event: string, targets: readonly Target[]) =>
    on(event, (data, meta) => dispatcher.push({ targets, data: freeze ? Object.freeze(data) : data, meta }))

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
  // Only own properties of the mapping. Nothing listens for other names of the server.
  for (const [event, mapping] of Object.entries(events)) {
    if (mapping) listen(event, context.toTargets(mapping))
  }

  function connect(payload?: ConnectPayload | null): void {
    const cursor = payload?.lastEventId ?? knownCursor()
    if (!client) {
      if (cursor !== undefined) commit('progress', { received: 0, lastEventId: cursor })
      return
    }
    client.connect({ lastEventId: cursor })
    // A client that is already connected ignores the cursor.
    if (cursor && cursor === client.lastEventId) isComplete = true
  }

  /** Before the first connect the state may know a newer cursor than the client: from the server render, or from an earlier session. */
  function knownCursor(): string | undefined {
    const { lastEventId } = state()
    return isIdle() && lastEventId !== (options.lastEventId ?? '') ? lastEventId : undefined
  }

  const isIdle = () => client?.state.status === 'idle'

  function disconnect(): void {
    dispatcher.flush()
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
      // Only the typed `on` of `Sse` adds handlers, so the name decides the type of their data.
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
