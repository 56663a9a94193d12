import {
  createSseClient,
  type Listener,
  type SseClient,
  type SseClientOptions,
  type SseMeta,
  type SseState,
  type UrlOption,
} from '@sse/client'
import type { SharedClient } from '@sse/client/internal'

/** Inside, names and data are whatever the wire brings. */
export type AnyEvents = Record<string, unknown>

export type ConnectionOptions = Omit<SseClientOptions<AnyEvents>, 'resync'>

/** A client, and what those that share it must agree on. The client stays in here, so no state ever holds it. */
export interface Connection extends SharedClient {
  /** Undefined without a window: a server render opens nothing. Replaced by a hot reload. */
  client: SseClient<AnyEvents> | undefined
  readonly options: ConnectionOptions
  /** Mounted apps, or in Vue 2.7 mounted roots. The connection closes with the last one. */
  readonly apps: Set<object>
  /** Whether the event that is being told brought its id itself. */
  hasOwnId: boolean
  /** Whether the app shows everything up to the position of the first connect. A stored cursor proves nothing. */
  isGiven: boolean
  on(event: string, listener: Listener<never>): () => void
  subscribe(channels: string | readonly string[]): void
  unsubscribe(channels: string | readonly string[]): void
  /**
   * Joins a channel for one more user of it.
   *
   * @returns leaves it, unless others still use it
   */
  join(channel: string): () => void
}

/** Does not connect yet, and never connects without a window. */
export function createConnection(url: UrlOption, options: ConnectionOptions): Connection {
  /** The channels that the app asked for by name, and one entry for each user of the others. */
  const asked = new Set(options.channels)
  const users: string[] = []
  let last: SseMeta | undefined

  const isNeeded = (channel: string) => users.includes(channel)

  const connection: Connection = {
    client: typeof window === 'undefined' ? undefined : createSseClient(url, options),
    options,
    apps: new Set(),
    consumers: new Set(),
    lastId: '',
    hasOwnId: false,
    isGiven: !!options.lastEventId,
    isRestarting: false,
    on(event, listener) {
      const off = connection.client?.on(event as 'sse.state', (data: SseState, meta) => {
        if (event === 'sse.state') {
          if (connection.isRestarting && data.status === 'closed') return undefined
        } else if (meta !== last) {
          last = meta
          connection.hasOwnId = meta.id !== '' && meta.id !== connection.lastId
          connection.lastId = meta.id
        }
        // Only typed functions add listeners, so the name decides the type of their data.
        return listener(data as never, meta)
      })
      return () => off?.()
    },
    subscribe(channels) {
      connection.client?.subscribe(channels)
      for (const channel of [channels].flat()) asked.add(channel)
    },
    unsubscribe(channels) {
      const names = [channels].flat()
      connection.client?.unsubscribe(names.filter((channel) => !isNeeded(channel)))
      for (const channel of names) asked.delete(channel)
    },
    join(channel) {
      connection.client?.subscribe(channel)
      users.push(channel)
      return () => {
        users.splice(users.indexOf(channel), 1)
        if (!isNeeded(channel) && !asked.has(channel)) connection.client?.unsubscribe(channel)
      }
    },
  }
  return connection
}
