import type { Listener, SseChannels, SseOpen, SseState } from '@sse/client'
import {
  type Consumer,
  type ConsumerOptions,
  comparePositions,
  consumed,
  createConsumer,
  type ReceivedEvent,
} from '@sse/client/internal'
import { createDispatcher, type Delivery, type Target } from './dispatcher.ts'
import { channelIn, listenToNewest, toPlain } from './follow-channel.ts'
import { listenTo } from './listen.ts'
import type { CommitOwn } from './mutations.ts'
import type { ConnectPayload, Session } from './session.ts'
import { CONNECTION, type ConnectionState, type SseEntry } from './state.ts'

/** Receives the events of a session, frame by frame, and keeps its state. Loaded beside the page. */
export interface Receiver {
  connect(payload?: ConnectPayload | null): void
  disconnect(): void
  reconnect(): void
  on(event: string, handler: Listener<never>): () => void
  /**
   * Adds someone who loads by itself. While it loads, only its own events wait. It begins with `begin()`.
   *
   * @param wrap gives it something to do at the events of the connection
   */
  consume(options: ConsumerOptions, wrap?: (consumer: Consumer) => Consumer): Consumer
  /** Hands events of a name to the targets of a consumer. */
  listen(event: string, targets: readonly Target[], consumer: Pick<Consumer, 'receive'>): () => void
  /** Hands what a mapping names to the targets of a consumer: events, or the records or members of a channel as plain data. */
  take(event: string, targets: readonly Target[], consumer: Pick<Consumer, 'receive'>): () => void
  /** Notes whether what a store shows may be incomplete. The state says so while one of them is. */
  setStale(store: object, isStale: boolean): void
  /** Here, because no page needs it before. */
  readonly comparePositions: typeof comparePositions
  /** Hands over what waits for its frame. */
  flush(): void
  /** How many events wait for their frame, or for a load. */
  waiting(): number
  /** Listens for the events that the options of the session map to targets. Again after a hot reload. */
  map(): void
}

export function createReceiver(session: Session): Receiver {
  const { commit, connection, report, state } = session
  connection.on ??= listenTo(connection)
  const { on } = connection
  let offs: (() => void)[] = []
  const consumers = new Set<Consumer>()
  const dispatcher = createDispatcher({ isHeld: () => session.options.batch ?? true, report, onRound })

  /** Commits what the app has received. An event that reached no target does not count. */
  function onRound(all: readonly Delivery[], lastEventId: string): void {
    const { keep = 0 } = session.options
    // Records and members are not events of their own.
    const delivered = all.filter(({ meta }) => !meta.event.startsWith('sse.'))
    if (keep > 0 && delivered.length > 0)
      commit('history', [...state().history, ...delivered.map(toEntry)].slice(-keep))
    commit('progress', { received: delivered.length, lastEventId })
    session.observer?.delivered(delivered)
  }

  /** Commits in the order of the wire: earlier events are in the store first. */
  const commitNext: CommitOwn = (...args) => {
    dispatcher.flush()
    commit(...args)
  }

  function consume(options: ConsumerOptions, wrap = (consumer: Consumer) => consumer): Consumer {
    const consumer = wrap(
      createConsumer(connection, options, {
        ...{ flush: dispatcher.flush, report },
        changed: (stale) => session.observer?.stale(stale, options.name),
      }),
    )
    const { end } = consumer
    consumers.add(consumer)
    consumer.end = () => {
      consumers.delete(consumer)
      end()
    }
    return consumer
  }

  const staleOnes = new Set<object>()

  function setStale(one: object, isStale: boolean): void {
    staleOnes[isStale ? 'add' : 'delete'](one)
    if (state().stale !== staleOnes.size > 0) commit('stale', staleOnes.size > 0)
  }

  const ownOptions: ConsumerOptions = {
    load: () => session.options.load || undefined,
    given: (at) => connection.isGiven && !session.options.isHydrated && at,
    get stale() {
      // A store may have got the state of another page.
      return staleOnes.size > 0 ? staleOnes.has(ownOptions) : state().stale
    },
    set stale(stale) {
      setStale(ownOptions, stale)
    },
  }
  const own = consume(ownOptions)

  function listen(
    event: string,
    targets: readonly Target[],
    consumer: Pick<Consumer, 'receive'>,
  ): () => void {
    return on(event, (value: unknown, meta) =>
      consumer.receive({
        ...{ event, value, id: meta.id, hasOwnId: !!connection.hasOwnId, read: undefined },
        get data() {
          return JSON.stringify(value) ?? ''
        },
        emit: () =>
          dispatcher.push({ targets, data: session.options.freeze ? Object.freeze(value) : value, meta }),
      }),
    )
  }

  function take(event: string, targets: readonly Target[], consumer: Pick<Consumer, 'receive'>): () => void {
    const channel = channelIn(event)
    if (!channel) return listen(event, targets, consumer)
    const frozen = (value: object) => (session.options.freeze ? Object.freeze(value) : value)
    return listenToNewest({ listen }, event, channel, targets, (said) => {
      const data = toPlain(said)
      if ('records' in data) frozen(data.records)
      return frozen(data)
    })
  }

  /** An event of the connection itself, for all consumers. */
  function tellConsumers(event: string, value: unknown, id: string): void {
    const received: ReceivedEvent = {
      ...{ event, value, id, hasOwnId: !!connection.hasOwnId },
      read: true,
      data: '',
      emit() {},
    }
    for (const consumer of consumers) consumer.receive(received)
  }

  on('sse.state', (next: SseState) => {
    if (state().status === 'closed') for (const consumer of consumers) consumer.cancel()
    commitNext('state', toConnectionState(next))
    for (const consumer of consumers) consumer.changed(next)
  })
  on('sse.open', (open: SseOpen, { id }) => {
    commitNext('progress', { received: 0, lastEventId: id })
    tellConsumers('sse.open', open, id)
  })
  on('sse.gap', (gap, { id }) => {
    commitNext('gap', id)
    tellConsumers('sse.gap', gap, id)
  })
  on('sse.channels', (channels: SseChannels, { id }) => {
    commitNext('channels', channels)
    tellConsumers('sse.channels', channels, id)
  })
  // They move the cursor. Otherwise an event that repeats their id would seem to bring one of its own.
  for (const event of ['sse.ping', 'sse.unhandled', 'sse.invalid', 'sse.records', 'sse.removed', 'sse.end'])
    on(event, () => {})

  function map(): void {
    for (const off of offs) off()
    offs = Object.entries(session.options.targets ?? {}).map(([event, targets]) =>
      targets ? take(event, targets, own) : () => {},
    )
  }

  function connect(payload?: ConnectPayload | null): void {
    const { client } = connection
    const cursor = payload?.lastEventId ?? knownCursor()
    client?.connect({ lastEventId: cursor })
    // A client that is already connected ignores the cursor.
    if (cursor && cursor === client?.lastEventId) connection.isGiven = true
  }

  /** Before the first connect the state may know a newer cursor than the client: from the server render, or from an earlier client. */
  function knownCursor(): string | undefined {
    const { lastEventId } = state()
    return isIdle() && lastEventId !== (session.options.lastEventId ?? '') ? lastEventId : undefined
  }

  const isIdle = () => connection.client?.state.status === 'idle'

  function disconnect(): void {
    dispatcher.flush()
    for (const consumer of connection.consumers) consumer.cancel()
    dispatcher.flush()
    connection.client?.close()
  }

  map()
  const { client } = connection
  if (client && client.state.status !== 'idle') {
    // It shares a connection that was made before.
    commit('state', toConnectionState(client.state))
    commit('progress', { received: 0, lastEventId: client.lastEventId })
    commit('channels', client.channels)
  }
  own.begin()

  return {
    connect,
    disconnect,
    reconnect: () => (isIdle() ? connect() : connection.client?.reconnect()),
    on(event, handler) {
      // Only the typed `on` of `Sse` adds handlers, so the name decides the type of their data.
      const listener = handler as Listener<unknown>
      if (event.startsWith('sse.')) return on(event, handler)
      let isOn = true
      const off = listen(event, [{ run: (data, meta) => isOn && listener(data, meta), isCall: true }], own)
      return () => {
        isOn = false
        off()
      }
    },
    consume,
    listen,
    take,
    setStale,
    comparePositions,
    flush: dispatcher.flush,
    waiting: () => [...consumers].reduce((sum, consumer) => sum + consumer.held(), dispatcher.waiting()),
    map,
  }
}

/** See `SseMethods`. */
export function reached(session: Session, id: string): Promise<void> {
  return consumed(session.connection, id, () => session.use(({ flush }) => flush()))
}

const toEntry = ({ data, meta }: Delivery): SseEntry => Object.freeze({ ...meta, data })

/** The client's state with every part, so that nothing of the state before it stays. */
const toConnectionState = (state: SseState): ConnectionState => ({ ...CONNECTION, ...state })
