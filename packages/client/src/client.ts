import { createChannels } from './channels/channels.ts'
import { systemClock } from './clock.ts'
import type { Connection, ConnectionEvents, Fallback, RawEvent } from './connection/connection.ts'
import { openConnection } from './connection/open-connection.ts'
import { createCursor } from './cursor/cursor.ts'
import { createCursorStore } from './cursor/persist.ts'
import {
  readChannels,
  readClose,
  readGap,
  readOpen,
  type SseChannels,
  type SseOpen,
} from './events/control-events.ts'
import { createEmitter, type Listener } from './events/emitter.ts'
import { type ParseOptions, parseEvent } from './events/event-data.ts'
import type { SchemaIssue, SchemaOutputs, StandardSchemaMap } from './events/standard-schema.ts'
import { createAddress, type UrlOption } from './http/url.ts'
import type { ClientInternals } from './internals.ts'
import { readOptions } from './options.ts'
import type { SseState } from './supervisor/state.ts'
import { createSupervisor, type Supervisor } from './supervisor/supervisor.ts'
import type { SseClient, SseClientOptions } from './types.ts'

/**
 * A client for one URL. It holds what outlives a connection: the listeners, the cursor and the wanted channels. It does nothing before
 * `connect()`.
 *
 * @param url where the stream is; a function is called for it before every attempt (`share` and `persist` then need a key)
 * @throws SseError `invalid-url` for a URL that cannot work, as a relative one outside of a page; `invalid-option` for options that cannot
 * work
 */
export function createSseClient<Schemas extends StandardSchemaMap>(
  url: UrlOption,
  options: SseClientOptions<SchemaOutputs<Schemas>> & {
    /** Schemas by event name. An event that its schema rejects is emitted as `sse.invalid`. Else listeners get the schema's output. */
    readonly events: Schemas
  },
): SseClient<SchemaOutputs<Schemas>>
export function createSseClient<Events extends object = Record<string, unknown>>(
  url: UrlOption,
  options?: SseClientOptions<Events>,
): SseClient<Events>
export function createSseClient<Events extends object>(
  url: UrlOption,
  options: SseClientOptions<Events> & ParseOptions = {},
): SseClient<Events> {
  const settings = readOptions(url, options)
  const { clock = systemClock, refresh } = options
  const address = createAddress(url)
  const cursor = createCursor(options.lastEventId, createCursorStore(options.persist, address.fixed.href))
  const events = createEmitter(options.onError)
  const channels = createChannels(options.channels ?? [], (state) => {
    import('./lazy.ts')
      .then(({ changeChannels }) => changeChannels(state, inside))
      .catch(() => active().connect())
  })
  /**
   * How the server's own events are read. The features of channels read all others whose names begin with `sse.`. Listeners get nothing of the names
   * that only this client emits, whatever a server sends.
   */
  const control = new Map<string, (text: string) => unknown>([
    ['sse.open', opening],
    ['sse.gap', readGap],
    ['sse.channels', readChannels],
    ['sse.ping', () => ''], // the tab that leads a group listens for it, because it moves the cursor
    ['sse.close', () => undefined],
  ])
  /** Of this life. */
  let supervisor = supervise()
  /** Whether the parts that the options ask for are loaded. */
  let isWhole = !options.share && !options.resync
  const inside: ClientInternals = {
    ...{ address, options, settings, clock, cursor, events, channels, receive, tell, changed },
    create: createSseClient,
    active: () => inside.shared ?? supervisor,
    settled: readChannels(''),
    resumedFrom: 'none',
  }
  const { active } = inside
  const update = () => inside.shared?.update()

  function supervise(): Supervisor {
    return createSupervisor({
      ...settings,
      ...{ clock, cursor, refresh },
      open,
      onState: (state) => inside.shared || changed(state),
    })
  }

  function open(tell: Omit<ConnectionEvents, 'receive'>, fallback: Fallback): Connection {
    if (!isWhole) return load()
    const url = address.get()
    const request = {
      ...options,
      ...settings,
      ...{ channels: channels.connecting(), cursor: cursor.toSend() },
      ...{ listeners: events, fallback, clock },
      // Read before every poll, because the next one lacks less.
      url: () => inside.features?.address(url) ?? url,
    }
    return openConnection(request, { ...tell, opened: () => opened(tell.opened), receive })
  }

  /** Loads parts of the client. If that fails, as after a new deployment, it goes on without them. */
  function loadParts(isOver?: () => boolean): Promise<void> {
    return import('./lazy.ts')
      .then(({ loadParts }) => loadParts(inside, isOver))
      .catch((error) => events.report(error, 'sse.open'))
  }

  /** Stands for a connection while parts of the client are loaded. */
  function load(): Connection {
    let isClosed = false
    loadParts(() => isClosed).then(() => {
      // The attempt that they were loaded for may be over.
      if (isClosed) return
      isWhole = true
      supervisor.connect()
    })
    return {
      close() {
        isClosed = true
      },
    }
  }

  function opened(then: () => void): void {
    then()
    // Emitted at the opening, so that the new stream delivers whatever follows the data that the app now loads.
    const gap = cursor.takeGap()
    if (gap) tell('sse.gap', gap)
  }

  function changed(state: SseState): void {
    if (state.status !== 'open') channels.lost()
    const emit = () => events.emit(state, { event: 'sse.state', id: cursor.received })
    // If the server ended the stream, what it sent before comes first.
    if (state.status === 'closed' && state.reason !== 'closed') events.inOrder(state, emit)
    else emit()
  }

  /** An event that the client makes itself, as if the server had sent it. */
  function tell(event: string, data: object): void {
    receive({ event, data: JSON.stringify(data), lastEventId: cursor.received })
  }

  function receive({ event, data, lastEventId: id }: RawEvent): void {
    const read = control.get(event) ?? (event.startsWith('sse.') && String)
    const isFeature = read === String
    // Before the listeners: if one of them reconnects, the server must not send this event again.
    cursor.received = id
    const known = read ? { value: read(data) } : parseEvent(data, event, options)
    const result = isFeature && !inside.features ? loadParts().then(() => known) : known
    events.inOrder(result as Result | Promise<Result>, ({ issues, value }) => {
      const taken = inside.features?.receive(event, value, id, !!issues)
      if (isFeature) value = taken
      const emit = () => {
        if (event === 'sse.channels') inside.settled = value as SseChannels
        if (issues) events.emit({ event, data, issues }, { event: 'sse.invalid', id })
        else if (!read && !taken && !events.has(event)) events.emit({ event }, { event: 'sse.unhandled', id })
        else if (!read || value !== undefined) events.emit(value, { event, id })
      }
      if (inside.resync) inside.resync.receive({ event, data, value, id, read, emit })
      else {
        cursor.tell(id)
        emit()
      }
    })
    // After the listeners: they have received everything that came before it.
    if (event === 'sse.close' && !inside.shared) supervisor.dismissed(readClose(data))
  }

  function opening(text: string): SseOpen {
    const open = readOpen(text)
    inside.stream = open.stream
    inside.resumedFrom = cursor.origin
    if (!inside.shared) {
      supervisor.announced(open.heartbeat)
      channels.opened(open.stream)
    }
    return open
  }

  /** Events that still wait for a schema are dropped. The next connection receives them again. */
  function endLife(): void {
    events.clear()
    if (inside.resync) inside.resync.cancel()
    cursor.rewind()
  }

  function connect(lastEventId?: string): void {
    if (!active().isRunning) {
      endLife()
      if (!inside.shared) supervisor = supervise()
    }
    if (lastEventId !== undefined) cursor.give(lastEventId)
    active().connect()
  }

  return {
    get state() {
      return active().state
    },
    get stale() {
      return inside.resync?.stale ?? !!options.resync
    },
    get channels() {
      return inside.settled
    },
    get lastEventId() {
      return cursor.received
    },
    get resumedFrom() {
      return inside.resumedFrom
    },
    connect({ lastEventId } = {}) {
      if (!active().isRunning) connect(lastEventId)
    },
    reconnect: () => connect(),
    close() {
      endLife()
      active().close()
    },
    reached: (id) => import('./lazy.ts').then(({ reached }) => reached(id, inside)),
    subscribe(names) {
      channels.change('add', names)
      update()
    },
    unsubscribe(names) {
      channels.change('delete', names)
      update()
    },
    onRecords: (channel, listener) => watch(`sse.records:${channel}`, listener),
    onPresence: (channel, listener) => watch(`sse.presence:${channel}`, listener),
    on,
  }

  function watch(name: string, listener: Listener<never>): () => void {
    // The next connection waits for the features.
    isWhole = false
    loadParts().then(() => inside.features?.watch(name))
    return on(name, listener)
  }

  function on(event: string, listener: Listener<never>): () => void {
    const off = events.on(event, listener)
    update()
    return off
  }
}

/** What a schema says about an event. */
interface Result {
  readonly value?: unknown
  readonly issues?: readonly SchemaIssue[] | undefined
}
