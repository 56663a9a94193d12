import type { SseChannels } from '../events/control-events.ts'
import type { SourceMessage } from '../connection/connection.ts'
import type { SseState } from '../supervisor/state.ts'

/**
 * What the tabs of a group say to each other. A number of its own, because an old and a new deployment may be open side by side: tabs that
 * do not speak the same protocol are two groups, with a connection each. To be raised with every change of {@link Word}.
 */
const PROTOCOL = 2

/** One event as the server sent it, with the cursor after it. */
export interface Entry extends SourceMessage {
  /** Whether the id came with this event: one without an id inherits the last one, and is never taken for a repetition. */
  readonly identified: boolean
  /** The channels that it came on, of those that tabs have asked for. Left out: it is for every tab. */
  readonly channels?: readonly string[] | undefined
  /** The one tab that it is for. Left out: every tab. */
  readonly to?: string | undefined
}

/** What a tab wants of the connection: `n:` and an event name it listens for, or `c:` and a channel. */
export type Wish = `n:${string}` | `c:${string}`

/**
 * Where a tab stands. `count` counts the entries that the leader of this term has told; it means nothing to another leader, but the cursor
 * does. An empty cursor: nothing was received yet, what is new is enough.
 */
export interface Position {
  readonly term: number
  readonly count: number
  readonly cursor: string
}

/** Wishes that the connection takes care of, each with the cursor since which it serves them; `undefined`: the server has yet to grant it. */
export type Followed = ReadonlyMap<Wish, string | undefined>

/**
 * A leader's account of itself, told whenever something of it changes, and when it is asked for. The term grows from leader to leader, and
 * no two have the same: who has heard of a later one no longer listens to an earlier one.
 */
export interface Status extends Position {
  readonly type: 'status'
  readonly state: SseState
  readonly followed: Followed
}

/** Everything that is said, without the sender. */
export type Word =
  | Status
  /** A leader hands on an entry. */
  | { readonly type: 'entry'; readonly term: number; readonly count: number; readonly entry: Entry }
  /** A leader answers `hello`: what follows the tab's position, or, without `entries`, that it cannot give that. */
  | {
      readonly type: 'welcome'
      readonly to: string
      readonly greeting: number
      readonly at: Position
      readonly status: Status
      readonly entries: readonly Entry[] | undefined
      /** The cursor after which the entries come, if that is not where the tab stands but one that it has passed. */
      readonly after: string | undefined
      /** The `sse.open` of the open stream and the tab's own `sse.channels`, for a tab that has just come. */
      readonly told: readonly Entry[]
    }
  /** A tab's wishes; with `at` it wants what follows there, with `connect` a client that has closed shall connect again. */
  | {
      readonly type: 'hello'
      /** Counts the greetings of a tab: only the answer to the last one counts. */
      readonly greeting: number
      readonly wishes: readonly Wish[]
      readonly at: Position | undefined
      /** Cursors that the tab has passed, the newest first: where it may meet a leader that does not know its position. */
      readonly passed: readonly string[]
      /** What it was told of its channels since the last stream began, as {@link compare} has it. */
      readonly told: string | undefined
      readonly connect: boolean
    }
  /** `wake`: somebody looks at a tab again, or it is back online; a leader out of sight may sleep through that. */
  | { readonly type: 'ask'; readonly what: 'status' | 'reconnect' | 'wake' }

/** What a tab is told of its channels, in a form that two of them can be compared by. */
export function compare({ channels, refused }: SseChannels): string {
  return JSON.stringify([[...channels].sort(), [...refused].sort()])
}

export type Message = Word & { readonly from: string }

/** What must be the same for two tabs to share a connection, beside the URL. */
export interface ShareIdentity {
  /** Whose connection it is, such as the id of the user: tabs of different people never share. Default: everybody's. */
  readonly key?: string | number | undefined
  /** The deployment, where two of them must not mix. Default: any. */
  readonly version?: string | number | undefined
}

export type ShareOption = boolean | ShareIdentity

/** The name of the group: tabs with the same name share one connection. */
export function groupName(url: URL, { key = '', version = '' }: ShareIdentity): string {
  return JSON.stringify(['sse', PROTOCOL, version, key, url.href])
}
