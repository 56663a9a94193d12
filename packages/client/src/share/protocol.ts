import type { RawEvent } from '../connection/connection.ts'
import type { SseChannels } from '../events/control-events.ts'
import type { SseState } from '../supervisor/state.ts'

/**
 * The version of the messages between tabs. Tabs of an old and a new deployment may be open at the same time: those with different versions
 * form two groups, with a connection each. Raise it with every change of {@link MessageBody}.
 */
const PROTOCOL = 4

/** An event that the leader relays, with the cursor after it. */
export interface RelayedEvent extends RawEvent {
  /** Whether the id came with this event. An event without one has the id before it, and is never taken for a repetition. */
  readonly identified: boolean
  /** The channels that it was published to, of those that tabs have requested. Left out: it is for every tab. */
  readonly channels?: readonly string[] | undefined
  /** The tabs that it is for. Left out: every tab. */
  readonly to?: readonly string[] | undefined
  /** The record that it sets. */
  readonly record?: RelayedRecord | undefined
}

/** What an event sets: a record of these channels. */
export interface RelayedRecord {
  readonly channels: readonly string[]
  /** Those of the channels that the app has added to the stream, so that they are for every tab. */
  readonly forAll?: readonly string[] | undefined
  readonly record: string
}

/** The data of an `sse.records` between tabs: all records of a channel. */
export interface RelayedRecords {
  readonly channel: string
  readonly entries: readonly (readonly [record: string, event: string, data: string])[]
}

/** What a tab wants from the connection: `n:` and an event name that it listens for, or `c:` and a channel. */
export type Interest = `n:${string}` | `c:${string}`

/** The names in the interests of one kind. */
export const namesIn = (interests: Iterable<Interest>, kind: 'n:' | 'c:'): string[] =>
  [...interests].filter((interest) => interest.startsWith(kind)).map((interest) => interest.slice(2))

/**
 * The position of a tab. `count` counts the events that the leader of this term has relayed. Another leader understands only the cursor. With
 * an empty cursor the tab has received nothing yet and wants only new events.
 */
export interface TabPosition {
  readonly term: number
  readonly count: number
  readonly cursor: string
}

/** The interests that the connection serves, each with the cursor from which on. `undefined`: the server has not granted it yet. */
export type Served = ReadonlyMap<Interest, string | undefined>

/**
 * The state of a leader. It posts it when something changes, and when a tab asks. The term grows from leader to leader, and no two have the
 * same. A tab that knows a later leader ignores an earlier one.
 */
export interface LeaderStatus extends TabPosition {
  readonly type: 'status'
  readonly state: SseState
  readonly served: Served
}

/** All messages between tabs, without the sender. */
export type MessageBody =
  | LeaderStatus
  /** A leader relays an event. */
  | { readonly type: 'event'; readonly term: number; readonly count: number; readonly relayed: RelayedEvent }
  /** A leader answers `hello` with the events after the tab's position. Without `events` it cannot serve that position. */
  | {
      readonly type: 'welcome'
      readonly to: string
      readonly greeting: number
      readonly at: TabPosition
      readonly status: LeaderStatus
      readonly events: readonly RelayedEvent[] | undefined
      /** The cursor that the events follow, if it is not the tab's position but one that the tab has passed. */
      readonly after: string | undefined
      /** The `sse.open` of the open stream and the tab's own `sse.channels`, for a tab that has just joined. */
      readonly told: readonly RelayedEvent[]
    }
  /** A tab sends its interests. With `at` it asks for the events after that position. With `connect` a closed client shall connect again. */
  | {
      readonly type: 'hello'
      /** Counts the greetings of a tab. Only the answer to the last one counts. */
      readonly greeting: number
      readonly interests: readonly Interest[]
      readonly at: TabPosition | undefined
      /** Cursors that the tab has passed, the newest first. A leader that does not know its position may know one of these. */
      readonly passed: readonly string[]
      /** The channels that it was told since the last stream began, as {@link toComparable} writes them. */
      readonly told: string | undefined
      /** Whether the page lacks the records and members of its channels. */
      readonly lacks: boolean
      readonly connect: boolean
    }
  /** `wake`: a tab is shown again or back online. The leader itself may be hidden and not notice. */
  | { readonly type: 'ask'; readonly what: 'status' | 'reconnect' | 'wake' }

/** The channels that a tab is told, as text that can be compared. */
export function toComparable({ channels, refused }: SseChannels): string {
  return JSON.stringify([[...channels].sort(), [...refused].sort()])
}

export type Message = MessageBody & { readonly from: string }

/** Besides the URL, tabs that share a connection have these in common. */
export interface ShareIdentity {
  /** The owner of the connection, such as the id of the user. Tabs of different people never share. Default: all tabs share. */
  readonly key?: string | number | undefined
  /** The deployment, if tabs of two deployments must not share. Default: they may. */
  readonly version?: string | number | undefined
}

export type ShareOption = boolean | ShareIdentity

/** The name of the group. Tabs with the same name share one connection. */
export function groupName(url: URL, { key = '', version = '' }: ShareIdentity): string {
  return JSON.stringify(['sse', PROTOCOL, version, key, url.href])
}
