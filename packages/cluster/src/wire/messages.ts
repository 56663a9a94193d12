import {
  type EndedChannels,
  type Entry,
  type GapReason,
  type Published,
  type Records,
  SseError,
  type SseErrorCode,
} from '@sse/core'

/** Processes of one log must speak the same protocol. It changes with the meaning of any message. */
export const protocol = 1

/** The first frame of either side. */
export interface Greeting {
  readonly protocol: number
  /** Why the leader cannot serve its log. */
  readonly error?: WireError
}

/** A new event, as it is published. */
export interface NewEntry {
  readonly channels: readonly string[]
  readonly event: string | undefined
  readonly data: string
  readonly key: string | undefined
  readonly record: string | undefined
}

/** How much of the end of the log a member wants at the start. */
export interface TailLimits {
  readonly entries: number
  readonly bytes: number
}

/** Where a member starts. */
export interface Started {
  readonly head: string
  /** The position before the tail. */
  readonly base: string
}

/** Entries that follow each other, with their form on the wire once that was needed. */
export interface Batch {
  readonly entries: readonly Entry[]
  json?: string
}

/** What is new for a member after its position. */
export interface News {
  readonly health: 'up' | 'down'
  readonly signals: readonly string[]
  readonly batch?: Batch | undefined
  /** The log does not continue after the position, but after `head`. */
  readonly gap?: { readonly reason: Exclude<GapReason, 'unknown'>; readonly head: string } | undefined
}

/** What became of one event of a batch. */
export type Outcome = Published | SseError

/** What a member asks its leader, as method and argument, and what the leader replies. */
export interface Requests {
  start: (tail: TailLimits) => Started
  next: (after: string) => News
  read: (page: { readonly after: string; readonly limit: number }) => WirePage
  records: (channels: readonly string[]) => Records
  ended: () => EndedChannels
  /** The reply is `undefined` if nothing was appended, because the leader is closing. */
  publish: (batch: readonly NewEntry[]) => readonly Outcome[] | undefined
  signal: (texts: readonly string[]) => void
}

export type WirePage =
  | { readonly batch: Batch; readonly done: boolean }
  | { readonly gap: GapReason; readonly resumeAt: string }

export type Method = keyof Requests

/** A request: its number, the method, and the argument. */
export type Request = readonly [id: number, method: Method, argument: unknown]

/** A reply: the number of the request, the value, entries that belong to it, and what the leader has thrown. */
export type Reply = readonly [
  id: number,
  value?: unknown,
  entries?: readonly WireEntry[] | null,
  error?: WireError,
]

/** The number of a reply to no request: the leader is closing, so nothing more is to be sent. */
export const closingId = 0

export interface WireError {
  readonly code: SseErrorCode
  readonly message: string
  readonly value?: string
}

type WireEntry = readonly [
  id: string,
  previous: string,
  channels: readonly string[],
  data: string,
  event?: string | null,
  record?: string,
]

/** Any error of the leader as an `SseError`. */
export function errorOf(error: unknown): SseError {
  if (error instanceof SseError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new SseError('log-failed', `The leader of the log failed (${message}).`, { cause: error })
}

export function encodeError(error: unknown): WireError {
  const { code, message, value } = errorOf(error)
  return { code: code as SseErrorCode, message, ...(typeof value === 'string' && { value }) }
}

export function decodeError({ code, message, value }: WireError): SseError {
  return new SseError(code, message, value === undefined ? {} : { value })
}

/** Entries as JSON, made once for all members. */
function batchJson(batch: Batch): string {
  batch.json ??= JSON.stringify(batch.entries.map(encodeEntry))
  return batch.json
}

function encodeEntry({ id, previous, channels, event, record, data }: Entry): WireEntry {
  if (record !== undefined) return [id, previous, channels, data, event ?? null, record]
  return event === undefined ? [id, previous, channels, data] : [id, previous, channels, data, event]
}

export function decodeEntry([id, previous, channels, data, event, record]: WireEntry): Entry {
  return { id, previous, channels, event: event ?? undefined, data, ...(record !== undefined && { record }) }
}

/** A reply as JSON. Batches are not encoded again. */
export function encodeReply(id: number, method: Method, value: unknown): string {
  switch (method) {
    case 'next': {
      const { batch, health, signals, gap } = value as News
      const rest = JSON.stringify({ health, signals, gap })
      return batch ? `[${id},${rest},${batchJson(batch)}]` : `[${id},${rest}]`
    }
    case 'read': {
      const page = value as WirePage
      return 'batch' in page
        ? `[${id},{"done":${page.done}},${batchJson(page.batch)}]`
        : JSON.stringify([id, page])
    }
    case 'records': {
      const { position, entries } = value as Records
      return JSON.stringify([id, { position }, entries.map(encodeEntry)])
    }
    case 'publish': {
      const outcomes = value as readonly Outcome[] | undefined
      return JSON.stringify([
        id,
        outcomes?.map((outcome) =>
          outcome instanceof SseError ? encodeError(outcome) : [outcome.id, outcome.duplicate ? 1 : 0],
        ) ?? null,
      ])
    }
    default:
      return JSON.stringify([id, value ?? null])
  }
}

export function encodeFailure(id: number, error: unknown): string {
  return JSON.stringify([id, null, null, encodeError(error)])
}

/** @throws {SseError} the error of the leader */
export function decodeReply(method: Method, [, value, entries, error]: Reply): unknown {
  if (error) throw decodeError(error)
  switch (method) {
    case 'next':
      return { ...(value as News), ...(entries && { batch: { entries: entries.map(decodeEntry) } }) }
    case 'read':
      return entries
        ? { batch: { entries: entries.map(decodeEntry) }, done: (value as { done: boolean }).done }
        : value
    case 'records':
      return { ...(value as object), entries: entries?.map(decodeEntry) ?? [] }
    case 'publish':
      return (value as readonly (WireError | [string, 0 | 1])[] | null)?.map((outcome) =>
        Array.isArray(outcome)
          ? { id: outcome[0], duplicate: outcome[1] === 1 }
          : decodeError(outcome as WireError),
      )
    default:
      return value ?? undefined
  }
}
