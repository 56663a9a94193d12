import { LONGEST_TIMEOUT } from '../clock.ts'

/** `sse.open`: the first event of a stream. From here on the stream delivers its channels. */
export interface SseOpen {
  /** The server's name for this stream. Empty if it gave none. */
  readonly stream: string
  /** Milliseconds between two heartbeats that the server promises. 0: it promises none. */
  readonly heartbeat: number
  /** Whether the stream resumes at the client's cursor. `null`: the client sent no cursor. Unless it is `true`, load what you show. */
  readonly resumed: boolean | null
}

/** `sse.gap`: the log no longer has every event after the cursor. Load what you show again. */
export interface SseGap {
  /** `trimmed`: the events were removed. `forked`: the log of the cursor is gone. `unknown`: not a cursor of this log. */
  readonly reason: string
  /** The cursor that could not be served. */
  readonly requested: string
}

/** `sse.channels`: the channels of this stream now. */
export interface SseChannels {
  readonly channels: readonly string[]
  /** Requested, but not allowed. */
  readonly refused: readonly string[]
  /** Only on a connection that tabs share: channels that the connection has only because a tab requested them. */
  readonly asked?: readonly string[] | undefined
}

/** `sse.close`: milliseconds until the client may reconnect, or `false`: it must not. Undefined if the server does not say. */
export interface SseClose {
  readonly reconnect: number | false | undefined
  readonly reason: string
}

/** How each field of a control event is read. */
type Fields<T> = { readonly [Name in keyof T]: (value: unknown) => T[Name] }

/**
 * Control events are read leniently, field by field. A gap whose details cannot be read is still a gap, and nothing that a server sends may
 * throw here.
 */
function readFields<T extends object>(fields: Fields<T>): (text: string) => T {
  return (text) => {
    let given: Readonly<Record<string, unknown>> = {}
    try {
      given = Object(JSON.parse(text))
    } catch {}
    const event = {} as T
    for (const name in fields) event[name] = fields[name](given[name])
    return event
  }
}

const string = (value: unknown): string => (typeof value === 'string' ? value : '')

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []

const duration = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 ? Math.min(value, LONGEST_TIMEOUT) : undefined

export const readOpen = readFields<SseOpen>({
  stream: string,
  heartbeat: (value) => duration(value) ?? 0,
  resumed: (value) => (typeof value === 'boolean' ? value : null),
})

export const readGap = readFields<SseGap>({
  reason: (value) => string(value) || 'unknown',
  requested: string,
})

export const readChannels = readFields<SseChannels>({
  channels: strings,
  refused: strings,
  asked: (value) => (value ? strings(value) : undefined),
})

export const readClose = readFields<SseClose>({
  reconnect: (value) => value !== false && duration(value),
  reason: string,
})
