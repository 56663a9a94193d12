import type { Clock } from '../clock.ts'
import type { HeadersOption } from '../http/request.ts'
import type { SourceMessage } from '../connection/connection.ts'
import type { SseState } from '../supervisor/state.ts'
import type { Supervisor } from '../supervisor/supervisor.ts'
import type { SseClient, SseClientOptions } from '../types.ts'
import type { listenToPage, onWakeup } from '../supervisor/page-events.ts'
import { askForLabels } from './labels.ts'
import { createMember, type Member } from './member.ts'
import type { Wish } from './protocol.ts'

/** Stands where the connection of a client would, and its supervisor. */
export interface Gate extends Pick<Supervisor, 'state' | 'isRunning' | 'connect' | 'close'> {
  /** The wishes for channels have changed. */
  wish(): void
}

export interface GateOptions {
  readonly url: URL
  readonly options: SseClientOptions
  readonly clock: Clock
  create(url: URL, options: SseClientOptions): SseClient
  readonly listenToPage: typeof listenToPage
  readonly onWakeup: typeof onWakeup
  /** Channels that are wished for. */
  channels(): Iterable<string>
  /** Names that are listened for. */
  names(): Iterable<string>
  cursor(): string
  message(message: SourceMessage): void
  state(state: SseState): void
}

/** The connection's own client hands on what comes: reading and keeping is done by the client of each tab. */
const BARE = { share: false, persist: undefined, channels: [], events: undefined, parse: 'text' } as const

/** How an EventSource says that it takes a `fetch`, and with it headers. */
const SENDS_HEADERS = Symbol.for('eventsource.supports-fetch-override')

/** Loaded when a client that shares connects. Until then that client has told of itself that it connects, so that is the first state. */
export function createGate({ url, options, clock, listenToPage, onWakeup, ...client }: GateOptions): Gate {
  const { EventSource, headers } = options
  const asking = askForLabels(url, !EventSource || SENDS_HEADERS in EventSource)
  const own = { ...options, ...BARE, headers: withHeaders(headers, asking.headers) }
  let state: SseState = { status: 'connecting', attempt: 0 }
  let member: Member | undefined

  function enter(): Member {
    let mine: Member | undefined
    const isHere = () => !mine || member === mine
    mine = createMember({
      ...{ url, share: options.share, clock, listenToPage, onWakeup, wishes, cursor: client.cursor() },
      open: (lastEventId) => client.create(asking.url, { ...own, lastEventId }),
      message: (message) => isHere() && client.message(message),
      state: (next) => isHere() && become(next),
    })
    return mine
  }

  function leave(): void {
    const former = member
    member = undefined
    former?.leave()
  }

  function wishes(): Wish[] {
    const names = [...new Set(client.names())].filter((name) => !name.startsWith('sse.'))
    return [
      ...names.map((name): Wish => `n:${name}`),
      ...[...client.channels()].map((name): Wish => `c:${name}`),
    ]
  }

  function become(next: SseState): void {
    state = next
    client.state(next)
  }

  const isRunning = () => !!member && state.status !== 'closed'

  return {
    get state() {
      return state
    },
    get isRunning() {
      return isRunning()
    },
    connect() {
      if (isRunning()) {
        member?.reconnect()
        return
      }
      leave()
      if (state.status === 'closed') become({ status: 'connecting', attempt: 0 })
      member = enter()
    },
    close() {
      leave()
      if (state.status !== 'closed') become({ status: 'closed', reason: 'closed' })
    },
    wish: () => member?.wish(),
  }
}

/** The app's headers and our own. A client that is to send none is given none: not every EventSource takes them. */
function withHeaders(
  headers: HeadersOption | undefined,
  own: Readonly<Record<string, string>>,
): HeadersOption | undefined {
  if (Object.keys(own).length === 0) return headers
  if (typeof headers !== 'function') return { ...headers, ...own }
  return async () => ({ ...(await headers()), ...own })
}
