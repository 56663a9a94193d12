import { createSseClient, type Listener, SseError, type UrlOption } from '@sse/client'
import type { Connection, ConnectionOptions, Listen } from '../stream/connection.ts'
import type { Session, SessionOptions } from '../stream/session.ts'
import { warnOfSilence } from './warnings.ts'

/** When options were created, and since when new options of a stream may come from a hot reload. The time is the number of creations so far. */
const createdAt = new WeakMap<object, number>()
const usedAt = new WeakMap<Session, number>()
let now = 0

export function noteCreation(options: object): void {
  createdAt.set(options, ++now)
}

/**
 * An app with a stream was mounted, or a store got one, for the first time. If the app's code creates two streams of one name by mistake, it does so
 * before.
 */
export function noteUse(session: Session): void {
  if (!usedAt.has(session)) usedAt.set(session, now)
}

/** An app has got a stream. If no mount will follow, this is its first use: on a server, and if the app is already mounted. */
export function noteInstall(session: Session, app: object): void {
  if (!session.connection.client || (app as { _container?: unknown })._container) noteUse(session)
}

/** A listener, on the present client. */
interface Listening {
  readonly event: string
  readonly listener: Listener<never>
  off: () => void
}

/** What outlives the client of a connection. */
interface Tracked {
  url: string
  readonly listenings: Set<Listening>
  /** The channels that the app asks for, and, once for each, those that components use. */
  readonly wanted: Set<string>
  readonly joined: string[]
  /** Listens on the present client. */
  listen: Listen
}

const tracked = new WeakMap<Connection, Tracked>()

/**
 * Notes the listeners and the channels of a connection, for the client that a hot reload puts there. It warns of a stream that stays silent.
 *
 * @param warnsOfNames whether it also warns of events that the page does not handle
 */
export function trackListeners(
  connection: Connection,
  url: UrlOption | undefined,
  warnsOfNames = true,
): void {
  // On a server no event arrives and no component is unmounted, so everything would be kept forever.
  if (!connection.client || tracked.has(connection)) return
  const { subscribe, unsubscribe, join } = connection
  const listenings = new Set<Listening>()
  const wanted = new Set(connection.options.channels)
  const joined: string[] = []
  const known: Tracked = { url: String(url), listenings, wanted, joined, listen: () => () => {} }
  tracked.set(connection, known)
  Object.assign(connection, {
    track: (on) => {
      known.listen = on
      const listen: Listen = (event, listener) => {
        const listening: Listening = { event, listener, off: on(event, listener) }
        listenings.add(listening)
        return () => {
          listenings.delete(listening)
          listening.off()
        }
      }
      warnOfSilence(
        listen,
        () => known.url,
        warnsOfNames ? () => [...listenings].map(({ event }) => event) : undefined,
      )
      return listen
    },
    subscribe(channels) {
      subscribe(channels)
      for (const channel of [channels].flat()) wanted.add(channel)
    },
    unsubscribe(channels) {
      unsubscribe(channels)
      for (const channel of [channels].flat()) wanted.delete(channel)
    },
    join(channel) {
      const leave = join(channel)
      if (channel) joined.push(channel)
      return () => {
        leave()
        if (channel) joined.splice(joined.indexOf(channel), 1)
      }
    },
  } satisfies Partial<Connection>)
}

/** The options of a hot reload. */
export interface NewOptions {
  /** As the app gave them. */
  readonly options: object
  readonly url: UrlOption
  readonly client: ConnectionOptions
  readonly session: SessionOptions
  /** The package, for the console. */
  readonly by: string
}

/**
 * Replaces the options of a stream: the state, the cursor, the handlers of components and the channels of the run time stay, and it connects again
 * if it was connected. A hot reload creates its options after the app with the stream was mounted, or after the store got it. Two streams with the
 * same name by mistake are both created before that.
 *
 * @param former the options so far
 * @throws SseError `invalid-option` for a second stream of the name
 */
export function replaceStream(session: Session, former: object | undefined, next: NewOptions): void {
  const { namespace = 'sse' } = next.session
  if (next.options !== former && (createdAt.get(next.options) ?? now) <= (usedAt.get(session) ?? now)) {
    throw new SseError('invalid-option', `Two streams '${namespace}': rename one by \`namespace\``, namespace)
  }
  usedAt.set(session, now)
  const { connection } = session
  const known = tracked.get(connection)
  const { client } = connection
  if (known && client) {
    const { status } = client.state
    session.methods.disconnect()
    const { url } = known
    known.url = String(next.url)
    if (typeof next.url !== 'function' && url !== known.url) {
      console.warn(
        `[${next.by}] The stream '${namespace}' of ${url} was replaced by one of ${next.url}. If both are wanted, give one of them another \`namespace\`.`,
      )
    }
    replaceClient(connection, known, next)
    configure(session, next.session)
    if (status !== 'idle' && status !== 'closed') session.methods.connect()
  } else configure(session, next.session)
}

function configure(session: Session, options: SessionOptions): void {
  session.options = options
  session.use((receiver) => receiver.map())
}

function replaceClient(connection: Connection, known: Tracked, { url, client: options }: NewOptions): void {
  const { listenings, joined, wanted } = known
  const before = new Set(connection.options.channels)
  const client = createSseClient(url, options)
  Object.assign(connection, { client, options })
  for (const listening of listenings) listening.off = known.listen(listening.event, listening.listener)
  // The app's changes at run time, on top of the channels of the new options.
  client.subscribe([...wanted].filter((channel) => !before.has(channel)))
  client.unsubscribe([...before].filter((channel) => !wanted.has(channel)))
  client.subscribe(joined)
  for (const channel of before) if (!options.channels?.includes(channel)) wanted.delete(channel)
  for (const channel of options.channels ?? []) if (!before.has(channel)) wanted.add(channel)
}
