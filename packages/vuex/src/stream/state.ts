import type { SseChannels, SseCloseReason, SseFailure, SseState } from '@sse/client'

/** An event as `keep` keeps it; frozen. */
export interface SseEntry {
  readonly event: string
  /** The cursor after this event. */
  readonly id: string
  readonly data: unknown
}

/** The module's state. Plain data: it survives serialising, devtools and time travel. Times are milliseconds since the epoch. */
export interface SseModuleState {
  readonly status: SseState['status']
  /** Why it has closed, else null. */
  readonly reason: SseCloseReason | null
  /** The cursor, as of the newest event the store has seen. */
  readonly lastEventId: string
  /** Why it is not open, else null. */
  readonly error: SseFailure | null
  /** Attempts that have failed in a row. */
  readonly attempt: number
  /** When the next attempt is made, while waiting. */
  readonly retryAt: number | null
  /** When the present connection opened. */
  readonly openedAt: number | null
  /** Events handed to the app since the store was made. */
  readonly received: number
  /** How often events have been missed. */
  readonly gaps: number
  /** What the stream follows, as the server confirmed it. */
  readonly channels: readonly string[]
  /** Channels that were asked for, and that the server does not allow. */
  readonly refused: readonly string[]
  /** Events may have been missed, and `resync` has not caught up yet. */
  readonly stale: boolean
  /** The newest events that the app got, oldest first, as many as `keep` says. */
  readonly history: readonly SseEntry[]
}

type Mutable = { -readonly [K in keyof SseModuleState]: SseModuleState[K] }

/** The parts of the state that mirror the client's. */
export type ConnectionState = Pick<
  SseModuleState,
  'status' | 'reason' | 'error' | 'attempt' | 'retryAt' | 'openedAt'
>

const CONNECTION: ConnectionState = {
  status: 'idle',
  reason: null,
  error: null,
  attempt: 0,
  retryAt: null,
  openedAt: null,
}

/** The client's state with every part named, so that none of the state before it stays. */
export const toConnectionState = (state: SseState): ConnectionState => ({ ...CONNECTION, ...state })

export const createState = (lastEventId: string): SseModuleState => ({
  ...CONNECTION,
  lastEventId,
  received: 0,
  gaps: 0,
  channels: [],
  refused: [],
  stale: false,
  history: [],
})

/** They change this module's state and nothing else; each entry in the devtools says what happened. */
export const mutations = {
  state(state: Mutable, connection: ConnectionState) {
    Object.assign(state, connection)
  },
  progress(state: Mutable, { received, lastEventId }: { received: number; lastEventId: string }) {
    state.received += received
    state.lastEventId = lastEventId
  },
  gap(state: Mutable, lastEventId: string) {
    state.gaps++
    state.lastEventId = lastEventId
  },
  channels(state: Mutable, { channels, refused }: SseChannels) {
    state.channels = channels
    state.refused = refused
  },
  stale(state: Mutable, stale: boolean) {
    state.stale = stale
  },
  history(state: Mutable, history: readonly SseEntry[]) {
    state.history = history
  },
}

/** Commits one of these mutations, with its payload. */
export type CommitOwn = (...args: OwnCommit) => void

type Mutations = typeof mutations
type OwnCommit = {
  [Name in keyof Mutations]: Parameters<Mutations[Name]> extends [unknown, ...infer Payload]
    ? [name: Name, ...payload: Payload]
    : never
}[keyof Mutations]
