import type { Listener, ReportError, SseResyncCause } from '@sse/client'
import type { Hydration } from '../list/dehydrated.ts'
import { loadParts, parts } from '../load-parts.ts'
import type { Connection } from './connection.ts'
import type { Delivery, Target } from './dispatcher.ts'
import type { CommitOwn } from './mutations.ts'
import type { Receiver } from './receiver.ts'
import type { SseStreamState } from './state.ts'

/** The position to resume from. */
export interface ConnectPayload {
  /** The position of a loaded snapshot. Default: the client's own cursor. */
  readonly lastEventId?: string | undefined
}

/** What a session needs of the options of a stream. A hot reload gives other ones. */
export interface SessionOptions {
  readonly namespace?: string | undefined
  readonly lastEventId?: string | undefined
  readonly batch?: boolean | undefined
  readonly freeze?: boolean | undefined
  readonly keep?: number | undefined
  readonly onError?: ReportError | undefined
  /** The position at which it connects first is that of lists. */
  readonly isHydrated?: boolean | undefined
  /** Loads what the targets and handlers of this session show. */
  readonly load?: ((cause: SseResyncCause) => unknown) | false | undefined
  /** The targets of each event. Names that are not its own properties reach nothing. */
  readonly targets?: Readonly<Record<string, readonly Target[] | undefined>> | undefined
}

/** The place where the state of a session lives. */
export interface SessionContext {
  readonly state: () => SseStreamState
  readonly commit: CommitOwn
}

/** What an app calls. */
export interface Methods {
  connect(payload?: ConnectPayload | null): void
  disconnect(): void
  reconnect(): void
  subscribe(channels: string | readonly string[]): void
  unsubscribe(channels: string | readonly string[]): void
  reached(id: string): Promise<void>
  /** Calls a handler for every event of a name, after the targets have received it. */
  on(event: string, handler: Listener<never>): () => void
}

/** The share of one `createSse` in a connection: its state and, loaded beside the page, what receives its events. */
export interface Session extends SessionContext {
  readonly connection: Connection
  options: SessionOptions
  readonly methods: Methods
  /** Calls `run` with what receives the events: now if it is loaded, and never on a server. */
  use(run: (receiver: Receiver) => void): void
  /** What lists bring from a server render. A store brings its own state. */
  hydration?: Hydration
  report(error: unknown, event: string): void
  /** What `useSse` gives, the same to all components. */
  refs?: object
  /** Devtools. */
  observer?: SessionObserver
}

/** Is told what a session does. */
export interface SessionObserver {
  delivered(events: readonly Delivery[]): void
  /** What the session, or a list of this name, shows has become incomplete, or complete. */
  stale(stale: boolean, name?: string): void
}

export const logError: ReportError = (error) => console.error(error)

/** Does not connect yet. Without a window, `connect` only commits the cursor for the browser. */
export function createSession(
  { state, commit: commitTo }: SessionContext,
  connection: Connection,
  options: SessionOptions,
): Session {
  let receiver: Receiver | undefined
  let waiting: ((receiver: Receiver) => void)[] = []

  function load(): void {
    if (parts) receive(parts)
    else
      loadParts().then(receive, (error) => {
        session.report(error, 'sse.state')
        session.commit('state', { status: 'closed', reason: 'exhausted' })
      })
  }

  function receive({ createReceiver }: NonNullable<typeof parts>): void {
    receiver ??= createReceiver(session)
    const runs = waiting
    waiting = []
    for (const run of runs) run(receiver)
  }

  const session: Session = {
    ...{ connection, state, options },
    // A subscriber of a store may throw after the mutation was made.
    commit(...args) {
      try {
        commitTo(...args)
      } catch (error) {
        session.report(error, `${session.options.namespace ?? 'sse'}/${args[0]}`)
      }
    },
    // If the app's own `onError` throws, both errors are logged.
    report(error, event) {
      try {
        const { onError = logError } = session.options
        onError(error, { event })
      } catch (again) {
        console.error(error, again)
      }
    },
    use(run) {
      if (receiver) run(receiver)
      else if (connection.client) {
        waiting.push(run)
        load()
      }
    },
    methods: {
      connect(payload) {
        const cursor = payload?.lastEventId
        if (!connection.client) {
          if (cursor) session.commit('progress', { received: 0, lastEventId: cursor })
          return
        }
        if (!receiver) session.commit('state', { status: 'connecting', attempt: 0 })
        session.use((receiver) => receiver.connect(payload))
      },
      disconnect: () => session.use((receiver) => receiver.disconnect()),
      reconnect: () => session.use((receiver) => receiver.reconnect()),
      subscribe: (channels) => connection.subscribe(channels),
      unsubscribe: (channels) => connection.unsubscribe(channels),
      reached: async (id) => (await loadParts()).reached(session, id),
      on(event, handler) {
        let isOn = true
        let off = () => {}
        session.use((receiver) => {
          if (isOn) off = receiver.on(event, handler)
        })
        return () => {
          isOn = false
          off()
        }
      },
    },
  }
  // Before the first connect, so that it need not wait.
  if (connection.client) load()
  return session
}
