import {
  createSseClient,
  type Listener,
  type SseClient,
  type SseClientOptions,
  SseError,
  type SseMeta,
  type SseState,
  type UrlOption,
} from '@sse/client'
import type { createResync } from '@sse/client/internal'
import type { Consumer } from './consumer.ts'

/** Inside, names and data are whatever the wire brings. */
export type AnyEvents = Record<string, unknown>

export type ConnectionOptions = Omit<SseClientOptions<AnyEvents>, 'resync'>

/** A client, and what those that share it must agree on. The client stays in here, so no state ever holds it. */
export interface Connection {
  /** Undefined without a window: a server render opens nothing. Replaced by a hot reload. */
  client: SseClient<AnyEvents> | undefined
  readonly options: ConnectionOptions
  /** Mounted apps, or in Vue 2.7 mounted roots. The connection closes with the last one. */
  readonly apps: Set<object>
  readonly consumers: Set<Consumer>
  /** The id of the last event that was told. */
  lastId: string
  /** Whether the event that is being told brought its id itself. */
  hasOwnId: boolean
  /** Whether the app shows everything up to the position of the first connect. A stored cursor proves nothing. */
  isGiven: boolean
  /** Loaded when it is needed. */
  createResync?: typeof createResync
  on(event: string, listener: Listener<never>): () => void
  subscribe(channels: string | readonly string[]): void
  unsubscribe(channels: string | readonly string[]): void
  /**
   * Joins a channel for one more user of it.
   *
   * @returns leaves it, unless others still use it
   */
  join(channel: string): () => void
  /** Connects again at a position. What others were told already is not told again. */
  restart(position: string): void
  reached(id: string): Promise<void>
}

/** Does not connect yet, and never connects without a window. */
export function createConnection(url: UrlOption, options: ConnectionOptions): Connection {
  /** The channels that the app asked for by name, and how many users the others have. */
  const asked = new Set(options.channels)
  const users = new Map<string, number>()
  let last: SseMeta | undefined
  let isRestarting = false

  function note(meta: SseMeta): void {
    if (meta === last) return
    last = meta
    connection.hasOwnId = meta.id !== '' && meta.id !== connection.lastId
    connection.lastId = meta.id
  }

  function on(event: string, listener: Listener<never>): () => void {
    const isState = event === 'sse.state'
    // Only typed functions add listeners, so the name decides the type of their data.
    const told = listener as Listener<unknown>
    const off = connection.client?.on(event as 'sse.state', (data, meta) => {
      if (!isState) note(meta)
      else if (isRestarting && (data as SseState).status === 'closed') return undefined
      return told(data, meta)
    })
    return () => off?.()
  }

  function change(action: 'subscribe' | 'unsubscribe', channels: string | readonly string[]): void {
    const names = [channels].flat()
    connection.client?.[action](action === 'subscribe' ? names : names.filter((name) => !users.has(name)))
    if (connection.client) for (const name of names) asked[action === 'subscribe' ? 'add' : 'delete'](name)
  }

  const connection: Connection = {
    client: typeof window === 'undefined' ? undefined : createSseClient(url, options),
    options,
    apps: new Set(),
    consumers: new Set(),
    lastId: '',
    hasOwnId: false,
    isGiven: !!options.lastEventId,
    on,
    subscribe: (channels) => change('subscribe', channels),
    unsubscribe: (channels) => change('unsubscribe', channels),
    join(channel) {
      connection.client?.subscribe(channel)
      users.set(channel, (users.get(channel) ?? 0) + 1)
      return () => {
        const left = (users.get(channel) ?? 1) - 1
        if (left > 0) users.set(channel, left)
        else if (users.delete(channel) && !asked.has(channel)) connection.client?.unsubscribe(channel)
      }
    },
    restart(position) {
      for (const consumer of connection.consumers) consumer.rewind(position)
      isRestarting = true
      connection.client?.close()
      isRestarting = false
      connection.client?.connect({ lastEventId: position })
    },
    async reached(id) {
      if (!connection.client) throw new SseError('closed', 'A server render has no connection', id)
      await connection.client.reached(id)
      await Promise.all([...connection.consumers].map((consumer) => consumer.settled()))
    },
  }
  return connection
}
