import { LONGEST } from '../supervisor/retry-policy.ts'

/** `sse.open`: the first event of a stream; its channels are now followed. */
export interface SseOpen {
  /** The server's name for this stream, empty if it gave none. */
  readonly stream: string
  /** Milliseconds between two signs of life that the server promises; 0: it promises none. */
  readonly heartbeat: number
  /** Whether it goes on where this client was; `null`: the client brought no cursor. Unless `true`, load what you show. */
  readonly resumed: boolean | null
}

/** `sse.gap`: the log could not give everything after the cursor. Load what you show again. */
export interface SseGap {
  /** `trimmed`: no longer held. `forked`: the log it came from is gone. `unknown`: not a cursor of this log. */
  readonly reason: string
  /** The cursor that could not be served. */
  readonly requested: string
}

/** `sse.channels`: what this stream follows now. */
export interface SseChannels {
  readonly channels: readonly string[]
  /** Asked for, and not allowed. */
  readonly refused: readonly string[]
  /** Only on a connection that tabs share: the channels that it is on only because a tab asked for them. */
  readonly asked?: readonly string[] | undefined
}

/** `sse.close`: milliseconds until the client may come back, or `false` to stay away; undefined: it does not say. */
export interface SseClose {
  readonly reconnect: number | false | undefined
  readonly reason: string
}

/** How each field of a control event is read. */
type Fields<T> = { readonly [Name in keyof T]: (value: unknown) => T[Name] }

/**
 * Control events are read leniently, field by field: a gap whose details cannot be read is still a gap, and nothing a server sends may
 * throw here.
 */
function reader<T extends object>(fields: Fields<T>): (text: string) => T {
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
  typeof value === 'number' && value >= 0 ? Math.min(value, LONGEST) : undefined

export const readOpen = reader<SseOpen>({
  stream: string,
  heartbeat: (value) => duration(value) ?? 0,
  resumed: (value) => (typeof value === 'boolean' ? value : null),
})

export const readGap = reader<SseGap>({
  reason: (value) => string(value) || 'unknown',
  requested: string,
})

export const readChannels = reader<SseChannels>({
  channels: strings,
  refused: strings,
  asked: (value) => (value ? strings(value) : undefined),
})

export const readClose = reader<SseClose>({
  reconnect: (value) => value !== false && duration(value),
  reason: string,
})
