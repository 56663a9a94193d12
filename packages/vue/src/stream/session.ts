import type { Listener, SseChannels, SseOpen, SseResyncCause, SseState } from '@sse/client'
import type { ReceivedEvent } from '@sse/client/internal'
import type { Hydration } from '../list/hydration.ts'
import type { Connection } from './connection.ts'
import { type Consumer, type ConsumerOptions, createConsumer } from './consumer.ts'
import { createDispatcher, type Delivery, type Target } from './dispatcher.ts'
import { type CommitOwn, type SseEntry, type SseStreamState, toConnectionState } from './state.ts'

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
  readonly onError?: ((error: unknown, context: { readonly event: string }) => void) | undefined
  /** The position at which it connects first is that of other consumers. */
  readonly isHydrated?: boolean | undefined
  /** Loads what the targets and handlers of this session show. */
  readonly load?: ((cause: SseResyncCause) => unknown) | undefined
  /** The targets of each event. Names that are not its own properties reach nothing. */
  readonly targets?: Readonly<Record<string, readonly Target[] | undefined>> | undefined
}

/** The place where the state of a session lives. */
export interface SessionContext {
  readonly state: () => SseStreamState
  readonly commit: CommitOwn
}

/** The share of one `createSse` in a connection: its state, and its events frame by frame. */
export interface Session {
  readonly connection: Connection
  readonly state: () => SseStreamState
  connect(payload?: ConnectPayload | null): void
  disconnect(): void
  reconnect(): void
  subscribe(channels: string | readonly string[]): void
  unsubscribe(channels: string | readonly string[]): void
  reached(id: string): Promise<void>
  /** Calls a handler for every event of a name, after the targets have received it. */
  on(event: string, handler: Listener<never>): () => void
  /** Adds someone who loads by itself. While it loads, only its own events wait. */
  consume(options: ConsumerOptions): Consumer
  /** Hands events of a name to the targets of a consumer. */
  listen(event: string, targets: readonly Target[], consumer: Consumer): () => void
  /** The position of what is shown before anything was loaded, if the stream resumed there and the app gave it. */
  given(resumedAt: string): string | false
  /** Notes whether what a consumer shows may be incomplete. The state says so while one of them is. */
  setStale(consumer: object, isStale: boolean): void
  /** Connects first at this position of what other consumers show. */
  startAt(position: string): void
  /** Hands over what waits for its frame. */
  flush(): void
  /** What lists bring from a server render. A store brings its own state. */
  hydration?: Hydration
  /** Applies the options of a hot reload. */
  configure(options: SessionOptions): void
  report(error: unknown, event: string): void
}

/** Does not connect yet. Without a window, `connect` only commits the cursor for the browser. */
export function createSession(
  context: SessionContext,
  connection: Connection,
  options: SessionOptions,
): Session {
  const { state } = context
  let settings = options
  let offs: (() => void)[] = []
  const consumers = new Set<Consumer>()
  const dispatcher = createDispatcher({
    isHeld: () => settings.batch ?? true,
    onError: (error, context) => (settings.onError ?? logError)(error, context),
    onRound,
  })

  /** A subscriber of the store may throw after the mutation was made. */
  const commit: CommitOwn = (...args) => {
    dispatcher.run(() => context.commit(...args), `${settings.namespace ?? 'sse'}/${args[0]}`)
  }

  /** Commits what the app has received. An event that reached no target does not count. */
  function onRound(delivered: readonly Delivery[], lastEventId: string): void {
    const { keep = 0 } = settings
    if (keep > 0 && delivered.length > 0)
      commit('history', [...state().history, ...delivered.map(toEntry)].slice(-keep))
    commit('progress', { received: delivered.length, lastEventId })
  }

  /** Commits in the order of the wire: earlier events are in the store first. */
  const commitNext: CommitOwn = (...args) => {
    dispatcher.flush()
    commit(...args)
  }

  function consume(options: ConsumerOptions): Consumer {
    const consumer = createConsumer(connection, options, dispatcher)
    const { end } = consumer
    consumers.add(consumer)
    consumer.end = () => {
      consumers.delete(consumer)
      end()
    }
    return consumer
  }

  const staleOnes = new Set<object>()

  function setStale(consumer: object, isStale: boolean): void {
    staleOnes[isStale ? 'add' : 'delete'](consumer)
    if (state().stale !== staleOnes.size > 0) commit('stale', staleOnes.size > 0)
  }

  const given = (at: string) => connection.isGiven && !settings.isHydrated && at

  const ownOptions: ConsumerOptions = {
    load: () => settings.load,
    given,
    get stale() {
      // A store may have got the state of another page.
      return staleOnes.size > 0 ? staleOnes.has(ownOptions) : state().stale
    },
    set stale(stale) {
      setStale(ownOptions, stale)
    },
  }
  const own = consume(ownOptions)

  function listen(event: string, targets: readonly Target[], consumer: Consumer): () => void {
    return connection.on(event, (value: unknown, meta) =>
      consumer.receive({
        ...{ event, value, id: meta.id, hasOwnId: connection.hasOwnId, read: undefined },
        get data() {
          return JSON.stringify(value) ?? ''
        },
        emit: () => dispatcher.push({ targets, data: settings.freeze ? Object.freeze(value) : value, meta }),
      }),
    )
  }

  /** An event of the connection itself, for all consumers. */
  function tellConsumers(event: string, value: unknown, id: string): void {
    const received: ReceivedEvent = {
      ...{ event, value, id, hasOwnId: false },
      read: true,
      data: '',
      emit() {},
    }
    for (const consumer of consumers) consumer.receive(received)
  }

  connection.on('sse.state', (next: SseState) => {
    if (state().status === 'closed') for (const consumer of consumers) consumer.cancel()
    commitNext('state', toConnectionState(next))
    for (const consumer of consumers) consumer.changed(next)
  })
  connection.on('sse.open', (open: SseOpen, { id }) => {
    commitNext('progress', { received: 0, lastEventId: id })
    tellConsumers('sse.open', open, id)
  })
  connection.on('sse.gap', (gap, { id }) => {
    commitNext('gap', id)
    tellConsumers('sse.gap', gap, id)
  })
  connection.on('sse.channels', (channels: SseChannels, { id }) => {
    commitNext('channels', channels)
    tellConsumers('sse.channels', channels, id)
  })
  // They move the cursor. Otherwise an event that repeats their id would seem to bring one of its own.
  for (const event of ['sse.ping', 'sse.unhandled', 'sse.invalid']) connection.on(event, () => {})

  function configure(next: SessionOptions): void {
    settings = next
    for (const off of offs) off()
    offs = Object.entries(next.targets ?? {}).map(([event, targets]) =>
      targets ? listen(event, targets, own) : () => {},
    )
  }

  function connect(payload?: ConnectPayload | null): void {
    const { client } = connection
    const cursor = payload?.lastEventId ?? knownCursor()
    if (!client) {
      if (cursor !== undefined) commit('progress', { received: 0, lastEventId: cursor })
      return
    }
    client.connect({ lastEventId: cursor })
    // A client that is already connected ignores the cursor.
    if (cursor && cursor === client.lastEventId) connection.isGiven = true
  }

  /** Before the first connect the state may know a newer cursor than the client: from the server render, or from an earlier client. */
  function knownCursor(): string | undefined {
    const { lastEventId } = state()
    return isIdle() && lastEventId !== (settings.lastEventId ?? '') ? lastEventId : undefined
  }

  const isIdle = () => connection.client?.state.status === 'idle'

  function disconnect(): void {
    dispatcher.flush()
    for (const consumer of connection.consumers) consumer.cancel()
    dispatcher.flush()
    connection.client?.close()
  }

  configure(options)
  const { client } = connection
  if (client && client.state.status !== 'idle') {
    // It shares a connection that was made before.
    commit('state', toConnectionState(client.state))
    commit('progress', { received: 0, lastEventId: client.lastEventId })
    commit('channels', client.channels)
  }
  own.begin()

  return {
    connection,
    state,
    connect,
    disconnect,
    reconnect: () => (isIdle() ? connect() : connection.client?.reconnect()),
    subscribe: connection.subscribe,
    unsubscribe: connection.unsubscribe,
    reached: connection.reached,
    on(event, handler) {
      // Only the typed `on` of `Sse` adds handlers, so the name decides the type of their data.
      const listener = handler as Listener<unknown>
      if (event.startsWith('sse.')) return connection.on(event, handler)
      let isOn = true
      const off = listen(event, [{ run: (data, meta) => isOn && listener(data, meta), isCall: true }], own)
      return () => {
        isOn = false
        off()
      }
    },
    consume,
    listen,
    given,
    setStale,
    startAt(position) {
      settings = { ...settings, isHydrated: true }
      commit('progress', { received: 0, lastEventId: position })
    },
    configure,
    flush: dispatcher.flush,
    report: dispatcher.report,
  }
}

const logError = (error: unknown) => console.error(error)

const toEntry = ({ data, meta }: Delivery): SseEntry => Object.freeze({ ...meta, data })
