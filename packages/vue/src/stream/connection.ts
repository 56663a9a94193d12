import {
  createSseClient,
  type Listener,
  type SseClient,
  type SseClientOptions,
  type UrlOption,
} from '@sse/client'
import type { SharedClient } from '@sse/client/internal'

/** Inside, names and data are whatever the wire brings. */
export type AnyEvents = Record<string, unknown>

export type ConnectionOptions = Omit<SseClientOptions<AnyEvents>, 'resync'>

/** Adds a listener to the client, and returns what removes it. */
export type Listen = (event: string, listener: Listener<never>) => () => void

/** A client, and what those that share it must agree on. The client stays in here, so no state ever holds it. */
export interface Connection extends SharedClient {
  /** Undefined without a window: a server render opens nothing. Replaced by a hot reload. */
  client: SseClient<AnyEvents> | undefined
  readonly options: ConnectionOptions
  /** Mounted apps, or in Vue 2.7 mounted roots. The connection closes with the last one. */
  readonly apps: Set<object>
  /** Whether the event that is being told brought its id itself. */
  hasOwnId?: boolean
  /** Whether the app shows everything up to the position of the first connect. A stored cursor proves nothing. */
  isGiven: boolean
  /** Set with what receives the events. */
  on?: Listen
  /** For a hot reload: takes the place of `on`. */
  track?: (on: Listen) => Listen
  subscribe(channels: string | readonly string[]): void
  unsubscribe(channels: string | readonly string[]): void
  /**
   * Joins a channel for one more user of it. Without a name it does nothing.
   *
   * @returns leaves it, unless others still use it
   */
  join(channel: string | undefined): () => void
}

/** Does not connect yet, and never connects without a window. */
export function createConnection(url: UrlOption, options: ConnectionOptions): Connection {
  /** The channels that the app asked for by name, and one entry for each user of the others. */
  const asked = new Set(options.channels)
  const users: string[] = []

  const tell = (change: 'subscribe' | 'unsubscribe', channels: string | readonly string[]) =>
    connection.client?.[change](channels)
  const isNeeded = (channel: string) => users.includes(channel)

  const connection: Connection = {
    client: typeof window === 'undefined' ? undefined : createSseClient(url, options),
    options,
    apps: new Set(),
    consumers: new Set(),
    lastId: '',
    isGiven: !!options.lastEventId,
    subscribe(channels) {
      tell('subscribe', channels)
      for (const channel of [channels].flat()) asked.add(channel)
    },
    unsubscribe(channels) {
      const names = [channels].flat()
      tell(
        'unsubscribe',
        names.filter((channel) => !isNeeded(channel)),
      )
      for (const channel of names) asked.delete(channel)
    },
    join(channel) {
      if (!channel) return () => {}
      tell('subscribe', channel)
      users.push(channel)
      return () => {
        users.splice(users.indexOf(channel), 1)
        if (!isNeeded(channel) && !asked.has(channel)) tell('unsubscribe', channel)
      }
    },
  }
  return connection
}
