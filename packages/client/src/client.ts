import { createChannels } from './channels.ts'
import { systemClock } from './clock.ts'
import { readChannels, readClose, readGap, readOpen, type SseOpen } from './control.ts'
import { type Reading, readEvent } from './data.ts'
import { createEmitter } from './emitter.ts'
import { SseError } from './errors.ts'
import { ask } from './fetch.ts'
import { createKeep } from './persist.ts'
import type { Gate } from './share/gate.ts'
import { openSource, type Source, type SourceEvents, type SourceMessage, takesFetch } from './source.ts'
import type { SchemaOutputs, SchemaResult, StandardSchemaMap } from './standard-schema.ts'
import type { SseState } from './state.ts'
import { createSupervisor } from './supervisor.ts'
import type { SseClient, SseClientOptions } from './types.ts'
import { resolveUrl } from './url.ts'
import { listenToPage, onWakeup } from './wakeup.ts'

/**
 * A client for one URL: it holds what outlives a connection, the listeners, the cursor and the wishes for channels. Nothing happens before
 * `connect()`.
 *
 * @throws SseError `invalid-url` for a relative URL where there is no page, `invalid-option` for options that cannot work
 */
export function createSseClient<Schemas extends StandardSchemaMap>(
  url: string | URL,
  options: SseClientOptions<SchemaOutputs<Schemas>> & {
    /** Schemas by event name. What one does not take is told as `sse.invalid`; listeners get what it makes of the rest. */
    readonly events: Schemas
  },
): SseClient<SchemaOutputs<Schemas>>
export function createSseClient<Events extends object = Record<string, unknown>>(
  url: string | URL,
  options?: SseClientOptions<Events>,
): SseClient<Events>
export function createSseClient<Events extends object>(
  address: string | URL,
  options: SseClientOptions<Events> & Reading = {},
): SseClient<Events> {
  const url = resolveUrl(address)
  const { backoff = {}, clock = systemClock, maxAttempts = Number.POSITIVE_INFINITY } = options
  const { polls = {}, refresh, watchdog = 'auto' } = options
  const { base = 1000, max = 30_000 } = backoff
  const { after = 10_000, retry = 300_000 } = polls || { after: 0 }
  const numbers = { base, max, after, retry, maxAttempts, watchdog: watchdog || 0 }
  check(options, numbers)
  const fallback = { ...numbers, until: 0 }
  const keep = createKeep(options.persist, url)
  const events = createEmitter(options.onError)
  const channels = createChannels(options.channels ?? [], (wishes) =>
    import('./later.ts')
      .then(({ change }) => change(wishes, (init) => ask(options, url, init)))
      .catch(reconnect),
  )
  /** The server's own events, and names that only this client tells, whatever a server sends: what they do, and what is told of them. */
  const control = new Map<string, (text: string) => unknown>([
    ['sse.open', opened],
    ['sse.gap', readGap],
    ['sse.channels', (text) => (followed = readChannels(text))],
    ['sse.close', (text) => supervisor.dismissed(readClose(text))],
    ['sse.ping', () => true], // what leads a group of tabs listens for it: it moves the cursor
    ['sse.state', nothing],
    ['sse.invalid', nothing],
    ['sse.unhandled', nothing],
  ])
  const supervisor = createSupervisor({
    open: (tell) => (share ? load() : open(tell)),
    onState: (state) => gate || changed(state),
    ...{ ...numbers, refresh, clock },
  })
  let source: Source | undefined
  /** Takes the place of the supervisor when it has been loaded. */
  let gate: Gate | undefined
  /** Tabs can meet in a page or a worker, with Web Locks and BroadcastChannel. */
  let share = globalThis.location && navigator.locks && globalThis.BroadcastChannel && options.share
  let followed = readChannels('')
  /** The cursor that a connect brings: of the last event received. And of the last one told, which is behind it while a schema takes time. */
  let received = options.lastEventId ?? keep.read() ?? ''
  let told = received
  /** What is told next waits for this. */
  let before: Promise<unknown> | undefined
  /** Counts the calls of `close`. */
  let life = 0

  const link = () => gate ?? supervisor

  function reconnect(): void {
    link().connect()
  }

  function open(tell: Omit<SourceEvents, 'message'>): Source {
    source = openSource(
      {
        ...{ ...options, url, channels: channels.connecting(), cursor: received, fallback, clock },
        names: () => ['message', ...control.keys(), ...events.names()],
      },
      { ...tell, message: receive },
    )
    return source
  }

  /**
   * Stands for a connection while what shares is loaded. If that fails, as after a deployment that took it away, the tab has a connection of
   * its own.
   */
  function load(): Source {
    import('./share/gate.ts').then(
      ({ createGate }) => {
        // Closed meanwhile, or loaded for an attempt that was replaced.
        if (!supervisor.isRunning) return
        gate = createGate({
          ...{ url, options, clock, listenToPage, onWakeup, create: createSseClient },
          channels: channels.connecting,
          names: events.names,
          cursor: () => received,
          message: receive,
          state: changed,
        })
        supervisor.close()
        gate.connect()
      },
      () => {
        share = false
        if (supervisor.isRunning) reconnect()
      },
    )
    return { listen: nothing, close: nothing }
  }

  function changed(state: SseState): void {
    if (state.status !== 'open') channels.opened(undefined)
    events.emit(state, { event: 'sse.state', id: received })
  }

  function opened(text: string): SseOpen {
    const open = readOpen(text)
    if (!gate) {
      supervisor.announced(open.heartbeat)
      channels.opened(open.stream)
    }
    return open
  }

  function receive({ event, data, lastEventId: id }: SourceMessage): void {
    // Before the listeners: one that reconnects must not be sent this event again.
    received = id
    const read = control.get(event)
    inOrder<SchemaResult<unknown>>(
      read ? { value: read(data) } : readEvent(data, event, options),
      (result) => {
        if (told !== id) keep.write(id)
        told = id
        if (result.issues) events.emit({ event, data, issues: result.issues }, { event: 'sse.invalid', id })
        else if (!read && !events.has(event)) events.emit({ event }, { event: 'sse.unhandled', id })
        else if (!read || result.value) events.emit(result.value, { event, id })
      },
    )
  }

  /** A schema may take its time: what comes after it waits, so that listeners see the order of the stream. */
  function inOrder<T>(value: T | Promise<T>, tell: (value: T) => void): void {
    if (!before && !(value instanceof Promise)) {
      tell(value)
      return
    }
    const mine = life
    const turn: Promise<void> = Promise.all([value, before]).then(([ready]) => {
      if (mine !== life) return
      if (before === turn) before = undefined
      tell(ready)
    })
    before = turn
  }

  return {
    get state() {
      return link().state
    },
    get channels() {
      return followed
    },
    get lastEventId() {
      return received
    },
    connect({ lastEventId } = {}) {
      if (link().isRunning) return
      if (lastEventId !== undefined) received = told = lastEventId
      reconnect()
    },
    reconnect,
    close() {
      // What waits for a schema is told no more, so that the next connect brings it again.
      life++
      before = undefined
      received = told
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
      const off = events.on(event, listener)
      source?.listen(event)
      gate?.wish()
      return off
    },
  }
}

const nothing = () => {}

/** @throws SseError `invalid-option` */
function check(options: SseClientOptions, numbers: Readonly<Record<string, number | 'auto'>>): void {
  const { EventSource, headers, share } = options
  const wrong = (why: string, value: unknown) => {
    throw new SseError('invalid-option', why, value)
  }
  if (share && headers && Object(share).key === undefined)
    wrong('`headers` are shared by tabs of one user: `share: { key: user.id }`', share)
  if (headers && EventSource && !takesFetch(EventSource))
    wrong('This EventSource cannot send `headers`: leave it out', headers)
  for (const [name, value] of Object.entries(numbers)) {
    if (value !== 'auto' && !(value >= 0)) wrong(`\`${name}\` is a number from 0 on, not ${value}`, value)
  }
}
