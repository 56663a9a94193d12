import { createChannels } from './channels/channels.ts'
import { systemClock } from './clock.ts'
import { readChannels, readClose, readGap, readOpen, type SseChannels, type SseOpen } from './events/control-events.ts'
import { type CursorOrigin, createCursor } from './cursor/cursor.ts'
import { type Reading, readEvent } from './events/event-data.ts'
import { createEmitter } from './events/emitter.ts'
import { openSource } from './connection/open-connection.ts'
import { readOptions } from './options.ts'
import { createOrder } from './events/order.ts'
import { createKeep } from './cursor/persist.ts'
import { type Question, request } from './http/request.ts'
import type { Gate } from './share/shared-connection.ts'
import type { Fallback, Source, SourceEvents, SourceMessage } from './connection/connection.ts'
import type { SchemaIssue, SchemaOutputs, StandardSchemaMap } from './events/standard-schema.ts'
import type { SseState } from './supervisor/state.ts'
import { createSupervisor, type Supervisor } from './supervisor/supervisor.ts'
import type { SseClient, SseClientOptions } from './types.ts'
import { createAddress, type UrlOption } from './http/url.ts'
import { listenToPage, onWakeup } from './supervisor/page-events.ts'

/**
 * A client for one URL: it holds what outlives a connection, the listeners, the cursor and the wishes for channels. Nothing happens before
 * `connect()`.
 *
 * @param url where the stream is; a function is asked for it before every attempt (`share` and `persist` then need a key)
 * @throws SseError `invalid-url` for a URL that cannot work, as a relative one where there is no page; `invalid-option` for options that
 * cannot work
 */
export function createSseClient<Schemas extends StandardSchemaMap>(
  url: UrlOption,
  options: SseClientOptions<SchemaOutputs<Schemas>> & {
    /** Schemas by event name. What one does not take is told as `sse.invalid`; listeners get what it makes of the rest. */
    readonly events: Schemas
  },
): SseClient<SchemaOutputs<Schemas>>
export function createSseClient<Events extends object = Record<string, unknown>>(
  url: UrlOption,
  options?: SseClientOptions<Events>,
): SseClient<Events>
export function createSseClient<Events extends object>(
  url: UrlOption,
  options: SseClientOptions<Events> & Reading = {},
): SseClient<Events> {
  const settings = readOptions(url, options)
  const { connectTimeout, maxEventBytes } = settings
  const { clock = systemClock, refresh } = options
  const address = createAddress(url)
  const cursor = createCursor(options.lastEventId, createKeep(options.persist, address.fixed.href))
  const events = createEmitter(options.onError)
  const order = createOrder()
  const channels = createChannels(options.channels ?? [], async (state) => {
    const send = async (question: Question) => request(await address.get(), question, options)
    try {
      const { tellChanges } = await import('./lazy.ts')
      await tellChanges(state, { clock, connectTimeout, send, refused })
    } catch {
      if (!state.gone.signal.aborted) link().connect()
    }
  })
  /**
   * The server's own events, and names that only this client tells, whatever a server sends: what is told of them. `undefined`: nothing.
   */
  const control = new Map<string, (text: string) => unknown>([
    ['sse.open', hello],
    ['sse.gap', readGap],
    ['sse.channels', readChannels],
    ['sse.ping', String], // what leads a group of tabs listens for it: it moves the cursor
    ['sse.close', nothing],
    ['sse.state', nothing],
    ['sse.invalid', nothing],
    ['sse.unhandled', nothing],
  ])
  /** Of this life. */
  let supervisor = supervise()
  let source: Source | undefined
  /** Takes the place of the supervisor when it has been loaded. */
  let gate: Gate | undefined
  /** Tabs can meet in a page or a worker, with Web Locks and BroadcastChannel. */
  let share = globalThis.location && navigator.locks && globalThis.BroadcastChannel && options.share
  let followed = readChannels('')
  let resumedFrom: CursorOrigin = 'none'

  const link = () => gate ?? supervisor

  function supervise(): Supervisor {
    return createSupervisor({
      ...settings,
      ...{ clock, cursor, refresh },
      open: (tell, fallback) => (share ? load() : open(tell, fallback)),
      onState: (state) => gate || changed(state),
    })
  }

  function open(tell: Omit<SourceEvents, 'message'>, fallback: Fallback): Source {
    const request = {
      ...options,
      ...{ url: address.get(), channels: channels.connecting(), cursor: cursor.toSend() },
      ...{ names: () => ['message', ...control.keys(), ...events.names()], fallback, clock, maxEventBytes },
    }
    source = openSource(request, { ...tell, opened: () => opened(tell.opened), message: receive })
    return source
  }

  /**
   * Stands for a connection while what shares is loaded. If that fails, as after a deployment that took it away, the tab has a connection of
   * its own.
   */
  function load(): Source {
    let isClosed = false
    import('./share/shared-connection.ts').then(
      ({ createGate }) => {
        // The attempt that it was loaded for may be over.
        if (isClosed) return
        gate = createGate({
          ...{ url: address.fixed, options, clock, listenToPage, onWakeup },
          create: (_, options) => createSseClient(url, options),
          channels: channels.connecting,
          names: events.names,
          cursor: () => cursor.received,
          message: receive,
          state: changed,
        })
        supervisor.close()
        gate.connect()
      },
      () => {
        if (isClosed) return
        share = false
        supervisor.connect()
      },
    )
    return {
      close() {
        isClosed = true
      },
    }
  }

  function opened(then: () => void): void {
    then()
    // Told at the opening, when the new stream brings whatever comes after what is loaded now.
    const gap = cursor.takeGap()
    if (gap) tell('sse.gap', gap)
  }

  function changed(state: SseState): void {
    if (state.status !== 'open') channels.lost()
    const tell = () => events.emit(state, { event: 'sse.state', id: cursor.received })
    // What the server said before it ended the stream comes before the end.
    if (state.status === 'closed' && state.reason !== 'closed') order.add(state, tell)
    else tell()
  }

  function refused(more: readonly string[]): void {
    tell('sse.channels', { ...followed, refused: [...new Set([...followed.refused, ...more])] })
  }

  /** Something that only the client knows, as if the server had said it. */
  function tell(event: string, data: object): void {
    receive({ event, data: JSON.stringify(data), lastEventId: cursor.received })
  }

  function receive({ event, data, lastEventId: id }: SourceMessage): void {
    const read = control.get(event)
    if (event === 'sse.open') resumedFrom = cursor.origin
    // Before the listeners: one that reconnects must not be sent this event again.
    cursor.received = id
    const result = read ? { value: read(data) } : readEvent(data, event, options)
    order.add(result as Result | Promise<Result>, ({ issues, value }) => {
      cursor.tell(id)
      if (event === 'sse.channels') followed = value as SseChannels
      if (issues) events.emit({ event, data, issues }, { event: 'sse.invalid', id })
      else if (!read && !events.has(event)) events.emit({ event }, { event: 'sse.unhandled', id })
      else if (!read || value !== undefined) events.emit(value, { event, id })
    })
    // After the listeners: what came before the goodbye has been told.
    if (event === 'sse.close' && !gate) supervisor.dismissed(readClose(data))
  }

  function hello(text: string): SseOpen {
    const open = readOpen(text)
    if (!gate) {
      supervisor.announced(open.heartbeat)
      channels.opened(open.stream)
    }
    return open
  }

  /** What waits for a schema is told no more, so that the next connection brings it again. */
  function endLife(): void {
    order.clear()
    cursor.rewind()
  }

  function connect(lastEventId?: string): void {
    if (!link().isRunning) {
      endLife()
      if (!gate) supervisor = supervise()
    }
    if (lastEventId !== undefined) cursor.give(lastEventId)
    link().connect()
  }

  return {
    get state() {
      return link().state
    },
    get channels() {
      return followed
    },
    get lastEventId() {
      return cursor.received
    },
    get resumedFrom() {
      return resumedFrom
    },
    connect({ lastEventId } = {}) {
      if (!link().isRunning) connect(lastEventId)
    },
    reconnect: () => connect(),
    close() {
      endLife()
      link().close()
    },
    subscribe(names) {
      channels.wish('add', names)
      gate?.wish()
    },
    unsubscribe(names) {
      channels.wish('delete', names)
      gate?.wish()
    },
    on(event, listener) {
      const listen = (isWanted: boolean) => {
        if (event !== 'message' && !events.has(event) && !control.has(event))
          source?.listen?.(event, isWanted)
      }
      listen(true)
      const off = events.on(event, listener)
      gate?.wish()
      return () => {
        off()
        listen(false)
      }
    },
  }
}

/** What a schema says of an event. */
interface Result {
  readonly value?: unknown
  readonly issues?: readonly SchemaIssue[] | undefined
}

const nothing = () => undefined
