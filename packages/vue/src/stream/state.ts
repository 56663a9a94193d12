import type { SseCloseReason, SseFailure, SseState } from '@sse/client'

/** An event in `history`. Frozen. */
export interface SseEntry {
  readonly event: string
  /** The cursor after this event. */
  readonly id: string
  readonly data: unknown
}

/** The state of a stream. Plain data, so it survives serialising, devtools and time travel. Times are milliseconds since the epoch. */
export interface SseStreamState {
  readonly status: SseState['status']
  /** Why it is closed. Else null. */
  readonly reason: SseCloseReason | null
  /** The cursor after the newest event that the store has received. */
  readonly lastEventId: string
  /** Why it is not open. Else null. */
  readonly error: SseFailure | null
  /** Attempts that have failed in a row. */
  readonly attempt: number
  /** When the next attempt starts, while waiting. */
  readonly retryAt: number | null
  /** When the present connection opened. */
  readonly openedAt: number | null
  /** How many events the app has received since the store was created. */
  readonly received: number
  /** How often events have been missed. */
  readonly gaps: number
  /** The channels of the stream, as the server confirmed them. */
  readonly channels: readonly string[]
  /** Channels that were requested and that the server does not allow. */
  readonly refused: readonly string[]
  /** Events may be missing, and `resync` has not loaded them yet. */
  readonly stale: boolean
  /** The newest events that the app received, oldest first, as many as `keep` says. */
  readonly history: readonly SseEntry[]
}

/** The parts of the state that mirror the client's. */
export type ConnectionState = Pick<
  SseStreamState,
  'status' | 'reason' | 'error' | 'attempt' | 'retryAt' | 'openedAt'
>

/** Of a stream that has not connected. */
export const CONNECTION: ConnectionState = {
  status: 'idle',
  reason: null,
  error: null,
  attempt: 0,
  retryAt: null,
  openedAt: null,
}

export const createState = (lastEventId: string): SseStreamState => ({
  ...CONNECTION,
  lastEventId,
  received: 0,
  gaps: 0,
  channels: [],
  refused: [],
  stale: false,
  history: [],
})

/** Makes something for each part of the state. */
export const eachPart = <Made>(
  make: (name: keyof SseStreamState) => Made,
): Record<keyof SseStreamState, Made> =>
  Object.fromEntries(
    Object.keys(createState('')).map((name) => [name, make(name as keyof SseStreamState)]),
  ) as Record<keyof SseStreamState, Made>
