import { type Channels, createChannels, postChange } from './channels.ts'
import { systemClock } from './clock.ts'
import { readChannels, readClose, readGap, readOpen, type SseOpen } from './control.ts'
import { parseData } from './data.ts'
import { createEmitter, type Emitter, type Listener, reportByDefault } from './emitter.ts'
import { SseError } from './errors.ts'
import { openSource, type Source, type SourceEvents, type SourceMessage, takesFetch } from './source.ts'
import type { SseState } from './state.ts'
import { Supervisor } from './supervisor.ts'
import type { EventData, EventName, SseClient, SseClientEvents, SseClientOptions } from './types.ts'
import { resolveUrl } from './url.ts'

/**
 * A client for one URL. Nothing happens before `connect()`.
 *
 * @throws SseError `invalid-url` for a relative URL where there is no page, `invalid-option` for options that cannot work
 */
export function createSseClient<Events extends object = Record<string, unknown>>(
  url: string | URL,
  options: SseClientOptions<Events> = {},
): SseClient<Events> {
  return new Client(resolveUrl(url), options)
}

/** Holds what outlives a connection: the listeners, the cursor and the wishes for channels. */
class Client<Events extends object> implements SseClient<Events> {
  readonly #url: URL
  readonly #options: SseClientOptions<Events>
  readonly #events: Emitter
  readonly #channels: Channels
  readonly #supervisor: Supervisor
  /** The server's own events, and names that only this client tells, whatever a server sends. */
  readonly #control = new Map<string, (text: string) => void>([
    ['sse.open', (text) => this.#opened(readOpen(text))],
    ['sse.gap', (text) => this.#tell('sse.gap', readGap(text))],
    ['sse.channels', (text) => this.#tell('sse.channels', readChannels(text))],
    ['sse.close', (text) => this.#supervisor.dismissed(readClose(text))],
    ['sse.ping', () => {}],
    ['sse.state', () => {}],
    ['sse.invalid', () => {}],
  ])
  #source: Source | undefined
  #cursor: string

  constructor(url: URL, options: SseClientOptions<Events>) {
    const { backoff: { base = 1000, max = 30_000 } = {}, maxAttempts = Number.POSITIVE_INFINITY } = options
    const { clock = systemClock, watchdog = 'auto', refresh } = options
    check(options, { base, max, maxAttempts, watchdog: watchdog || 0 })
    this.#url = url
    this.#options = options
    this.#cursor = options.lastEventId ?? ''
    this.#events = createEmitter(options.onError ?? reportByDefault)
    this.#channels = createChannels(
      options.channels ?? [],
      (change) => postChange(url, change, options),
      () => this.reconnect(),
    )
    this.#supervisor = new Supervisor({
      open: (events) => this.#open(events),
      onState: (state) => this.#changed(state),
      ...{ refresh, base, max, maxAttempts, watchdog, clock },
    })
  }

  get state(): SseState {
    return this.#supervisor.state
  }

  get lastEventId(): string {
    return this.#cursor
  }

  connect({ lastEventId }: { readonly lastEventId?: string | undefined } = {}): void {
    if (this.#supervisor.isRunning) return
    if (lastEventId !== undefined) this.#cursor = lastEventId
    this.#supervisor.connect()
  }

  reconnect(): void {
    this.#supervisor.connect()
  }

  close(): void {
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

  #open(events: Omit<SourceEvents, 'message'>): Source {
    const { EventSource, headers, withCredentials = false, clock = systemClock } = this.#options
    const source = openSource(
      {
        url: this.#url,
        channels: this.#channels.connecting(),
        cursor: this.#cursor,
        ...{ EventSource, headers, withCredentials, clock },
      },
      { ...events, message: (message) => this.#receive(message) },
    )
    for (const event of new Set([...this.#control.keys(), ...this.#events.names()])) source.listen(event)
    this.#source = source
    return source
  }

  #changed(state: SseState): void {
    if (state.status !== 'open') this.#channels.opened('')
    this.#tell('sse.state', state)
  }

  #opened(open: SseOpen): void {
    this.#supervisor.announced(open.heartbeat)
    this.#channels.opened(open.stream)
    this.#tell('sse.open', open)
  }

  #receive(message: SourceMessage): void {
    // Before the listeners: one that reconnects must not be sent this event again.
    this.#cursor = message.lastEventId ?? this.#cursor
    const control = this.#control.get(message.event)
    if (control) control(message.data)
    else this.#deliver(message)
  }

  #deliver({ event, data }: SourceMessage): void {
    let value: unknown
    try {
      value = parseData(data, event, this.#options.parse)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      this.#tell('sse.invalid', { event, data, issues: [{ message }] })
      return
    }
    this.#events.emit(value, { event, id: this.#cursor })
  }

  #tell<Name extends keyof SseClientEvents>(event: Name, data: SseClientEvents[Name]): void {
    this.#events.emit(data, { event, id: this.#cursor })
  }
}

/** @throws SseError `invalid-option` */
function check(options: SseClientOptions, numbers: Readonly<Record<string, unknown>>): void {
  const { EventSource, headers } = options
  if (headers && EventSource && !takesFetch(EventSource)) {
    throw new SseError(
      'invalid-option',
      'This EventSource cannot send `headers`: leave out `EventSource`, or sign in by cookie',
      headers,
    )
  }
  for (const [name, value] of Object.entries(numbers)) {
    if (value === 'auto' || (typeof value === 'number' && value >= 0)) continue
    throw new SseError('invalid-option', `\`${name}\` is a number, not negative; got ${String(value)}`, value)
  }
}
