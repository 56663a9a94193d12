import { type Channels, createChannels } from './channels.ts'
import { systemClock } from './clock.ts'
import { readChannels, readClose, readGap, readOpen, type SseChannels, type SseOpen } from './control.ts'
import { type Reading, readEvent } from './data.ts'
import { createEmitter, type Emitter, type Listener, reportByDefault } from './emitter.ts'
import { SseError } from './errors.ts'
import { ask } from './fetch.ts'
import { createKeep, type Keep } from './persist.ts'
import { canShare, createGate, type Gate } from './share/gate.ts'
import {
  type Fallback,
  openSource,
  type Source,
  type SourceEvents,
  type SourceMessage,
  takesFetch,
} from './source.ts'
import type { SchemaOutputs, SchemaResult, StandardSchemaMap } from './standard-schema.ts'
import type { SseState } from './state.ts'
import { createSupervisor, type Supervisor } from './supervisor.ts'
import type { EventData, EventName, SseClient, SseClientOptions } from './types.ts'
import { resolveUrl } from './url.ts'

/**
 * A client for one URL. Nothing happens before `connect()`.
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
  url: string | URL,
  options: SseClientOptions<Events> & Reading = {},
): SseClient<Events> {
  return new Client<Events>(resolveUrl(url), options)
}

/** Holds what outlives a connection: the listeners, the cursor and the wishes for channels. */
class Client<Events extends object> implements SseClient<Events> {
  readonly #options: SseClientOptions<Events> & Reading
  readonly #events: Emitter
  readonly #channels: Channels
  readonly #supervisor: Supervisor | Gate
  readonly #tap: ((message: SourceMessage) => void) | undefined
  readonly #keep: Keep
  /** The server's own events, and names that only this client tells, whatever a server sends: what they do, and what is told of them. */
  readonly #control = new Map<string, (text: string) => unknown>([
    ['sse.open', (text) => this.#opened(text)],
    ['sse.gap', readGap],
    ['sse.channels', (text) => this.#settled(text)],
    ['sse.close', (text) => this.#supervisor.dismissed(readClose(text))],
    ['sse.ping', () => {}],
    ['sse.state', () => {}],
    ['sse.invalid', () => {}],
  ])
  #source: Source | undefined
  #followed: SseChannels = { channels: [], refused: [] }
  /** The cursor that a connect brings: of the last event received. And of the last one told, which is behind it while a schema takes time. */
  #received: string
  #told: string
  /** What is told next waits for this. */
  #before: Promise<unknown> | undefined
  /** Counts the calls of `close`. */
  #life = 0

  /** @param tap is told every message as it came */
  constructor(url: URL, options: SseClientOptions<Events> & Reading, tap?: (message: SourceMessage) => void) {
    const { backoff: { base = 1000, max = 30_000 } = {}, maxAttempts = Number.POSITIVE_INFINITY } = options
    const { clock = systemClock, watchdog = 'auto', refresh, polls } = options
    const { after = 10_000, retry = 300_000 } = polls || {}
    check(options, { base, max, maxAttempts, watchdog: watchdog || 0, after, retry })
    const fallback = { after: polls === false ? 0 : after, retry, until: 0 }
    this.#options = options
    this.#keep = createKeep(options.persist, url)
    this.#received = this.#told = options.lastEventId ?? this.#keep.read() ?? ''
    this.#events = createEmitter(options.onError ?? reportByDefault)
    const renew = () => this.reconnect()
    const post = (change: object) => ask(options, url, { body: JSON.stringify(change) })
    const channels = createChannels(options.channels ?? [], (wishes) =>
      import('./change.ts').then(({ change }) => change(wishes, post, renew)).catch(renew),
    )
    const { share } = options
    const gate =
      share && canShare()
        ? createGate({
            ...{
              url,
              share,
              channels,
              clock,
              cursor: () => this.#received,
              names: () => this.#events.names(),
            },
            // The connection's own client hands on what comes: reading and keeping is done here.
            open: (lastEventId, tap) =>
              new Client<Record<string, unknown>>(url, { ...options, ...BARE, lastEventId }, tap),
            message: (message) => this.#receive(message),
            state: (state) => this.#changed(state),
          })
        : undefined
    this.#tap = tap
    this.#source = gate
    this.#channels = gate ?? channels
    this.#supervisor =
      gate ??
      createSupervisor({
        open: (events) => this.#open(events, url, fallback),
        onState: (state) => this.#changed(state),
        ...{ refresh, base, max, maxAttempts, watchdog, clock },
      })
  }

  get state(): SseState {
    return this.#supervisor.state
  }

  get channels(): SseChannels {
    return this.#followed
  }

  get lastEventId(): string {
    return this.#received
  }

  connect({ lastEventId }: { readonly lastEventId?: string | undefined } = {}): void {
    if (this.#supervisor.isRunning) return
    if (lastEventId !== undefined) this.#received = this.#told = lastEventId
    this.#supervisor.connect()
  }

  reconnect(): void {
    this.#supervisor.connect()
  }

  close(): void {
    // What waits for a schema is told no more, so that the next connect brings it again.
    this.#life++
    this.#before = undefined
    this.#received = this.#told
    this.#supervisor.close('closed')
  }

  subscribe(channels: string | readonly string[]): void {
    this.#channels.add(channels)
  }

  unsubscribe(channels: string | readonly string[]): void {
    this.#channels.delete(channels)
  }

  on<Name extends EventName<Events>>(event: Name, listener: Listener<EventData<Events, Name>>): () => void {
    const off = this.#events.on(event, listener)
    this.#source?.listen(event)
    return off
  }

  #open(events: Omit<SourceEvents, 'message'>, url: URL, fallback: Fallback): Source {
    const { EventSource, headers, withCredentials, clock = systemClock } = this.#options
    const source = openSource(
      {
        channels: this.#channels.connecting(),
        cursor: this.#received,
        ...{ url, fallback, EventSource, headers, withCredentials, clock },
      },
      { ...events, message: (message) => this.#receive(message) },
    )
    for (const event of new Set([...this.#control.keys(), ...this.#events.names()])) source.listen(event)
    this.#source = source
    return source
  }

  #changed(state: SseState): void {
    if (state.status !== 'open') this.#channels.opened(undefined)
    this.#events.emit(state, { event: 'sse.state', id: this.#received })
  }

  #opened(text: string): SseOpen {
    const open = readOpen(text)
    this.#supervisor.announced(open.heartbeat)
    this.#channels.opened(open.stream)
    return open
  }

  #settled(text: string): SseChannels {
    this.#followed = readChannels(text)
    return this.#followed
  }

  #receive(message: SourceMessage): void {
    this.#tap?.(message)
    const { event, data, lastEventId: id = this.#received } = message
    // Before the listeners: one that reconnects must not be sent this event again.
    this.#received = id
    const control = this.#control.get(event)
    const read = control ? { value: control(data) } : readEvent(data, event, this.#options)
    this.#inOrder<SchemaResult<unknown>>(read, (result) => {
      if (this.#told !== id) this.#keep.write(id)
      this.#told = id
      if (result.issues)
        this.#events.emit({ event, data, issues: result.issues }, { event: 'sse.invalid', id })
      else if (!control || result.value) this.#events.emit(result.value, { event, id })
    })
  }

  /** A schema may take its time: what comes after it waits, so that listeners see the order of the stream. */
  #inOrder<T>(value: T | Promise<T>, tell: (value: T) => void): void {
    if (!this.#before && !(value instanceof Promise)) {
      tell(value)
      return
    }
    const life = this.#life
    const turn: Promise<void> = Promise.all([value, this.#before]).then(([ready]) => {
      if (life !== this.#life) return
      if (this.#before === turn) this.#before = undefined
      tell(ready)
    })
    this.#before = turn
  }
}

const BARE = { share: false, persist: undefined, channels: [], events: undefined, parse: 'text' } as const

/** @throws SseError `invalid-option` */
function check(options: SseClientOptions, numbers: Readonly<Record<string, unknown>>): void {
  const { EventSource, headers, share } = options
  const wrong = (why: string, value: unknown) => {
    throw new SseError('invalid-option', why, value)
  }
  if (share && headers && Object(share).key === undefined)
    wrong('Tabs that share have the same `headers`: say whose, `share: { key: user.id }`', share)
  if (headers && EventSource && !takesFetch(EventSource))
    wrong('This EventSource cannot send `headers`: leave it out', headers)
  for (const [name, value] of Object.entries(numbers)) {
    if (value !== 'auto' && !(typeof value === 'number' && value >= 0))
      wrong(`\`${name}\` is a number from 0 on, not ${value}`, value)
  }
}
