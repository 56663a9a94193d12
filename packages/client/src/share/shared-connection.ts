import type { HeadersOption } from '../http/request.ts'
import type { ClientInternals } from '../internals.ts'
import { listenToPage, onWakeup } from '../supervisor/page-events.ts'
import type { SseState } from '../supervisor/state.ts'
import type { Supervisor } from '../supervisor/supervisor.ts'
import { requestLabels } from './labels.ts'
import { createMember, type Member } from './member.ts'
import type { Interest } from './protocol.ts'

/** Takes the place of the supervisor in a client that shares its connection with other tabs. */
export interface SharedConnection extends Pick<Supervisor, 'state' | 'isRunning' | 'connect' | 'close'> {
  /** The wanted channels or the names that have listeners have changed. */
  update(): void
  /** Leaves the group, and joins it again at the cursor. */
  rejoin(): void
}

/** Options of the client that has the connection. It relays text: each tab's own client parses it and stores its cursor. */
const BARE = {
  share: false,
  persist: undefined,
  channels: [],
  events: undefined,
  parse: 'text',
  resync: undefined,
} as const

/** An EventSource with this symbol takes a `fetch`, and with it headers. */
const SENDS_HEADERS = Symbol.for('eventsource.supports-fetch-override')

/** Loaded when a client that shares connects. Its first state is `connecting`, because the client has already emitted that. */
export function createSharedConnection(client: ClientInternals): SharedConnection {
  const { address, clock, cursor, events, options, receive } = client
  const url = address.fixed
  const { EventSource, headers } = options
  const labelled = requestLabels(url, !EventSource || SENDS_HEADERS in EventSource)
  const own = { ...options, ...BARE, headers: withHeaders(headers, labelled.headers) }
  let state: SseState = { status: 'connecting', attempt: 0 }
  let member: Member | undefined

  function enter(): Member {
    let mine: Member | undefined
    const isHere = () => !mine || member === mine
    mine = createMember({
      ...{ url, share: options.share, clock, listenToPage, onWakeup, interests, cursor: cursor.received },
      open: (lastEventId) => client.create(labelled.url, { ...own, lastEventId }),
      receive: (event) => isHere() && receive(event),
      state: (next) => isHere() && become(next),
    })
    return mine
  }

  function leave(): void {
    const former = member
    member = undefined
    former?.leave()
  }

  function interests(): Interest[] {
    const names = [...new Set(events.names())].filter((name) => !name.startsWith('sse.'))
    return [
      ...names.map((name): Interest => `n:${name}`),
      ...[...client.channels.connecting()].map((name): Interest => `c:${name}`),
    ]
  }

  function become(next: SseState): void {
    state = next
    client.changed(next)
  }

  function rejoin(): void {
    leave()
    member = enter()
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
      if (state.status === 'closed') become({ status: 'connecting', attempt: 0 })
      rejoin()
    },
    close() {
      leave()
      if (state.status !== 'closed') become({ status: 'closed', reason: 'closed' })
    },
    update: () => member?.update(),
    rejoin,
  }
}

/** The app's headers and our own. Without any the client gets none, because not every EventSource takes them. */
function withHeaders(
  headers: HeadersOption | undefined,
  own: Readonly<Record<string, string>>,
): HeadersOption | undefined {
  if (Object.keys(own).length === 0) return headers
  if (typeof headers !== 'function') return { ...headers, ...own }
  return async () => ({ ...(await headers()), ...own })
}
