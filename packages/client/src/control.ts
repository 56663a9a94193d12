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
}

/** `sse.close`: milliseconds until the client may come back, or `false` to stay away; undefined: it does not say. */
export interface SseClose {
  readonly reconnect: number | false | undefined
  readonly reason: string
}

/*
 * Control events are read leniently, field by field: a gap whose details cannot be read is still a gap, and nothing a server sends may
 * throw here.
 */

export function readOpen(text: string): SseOpen {
  const { stream, heartbeat, resumed } = fields(text)
  return {
    stream: string(stream),
    heartbeat: duration(heartbeat) ?? 0,
    resumed: typeof resumed === 'boolean' ? resumed : null,
  }
}

export function readGap(text: string): SseGap {
  const { reason, requested } = fields(text)
  return { reason: string(reason) || 'unknown', requested: string(requested) }
}

export function readChannels(text: string): SseChannels {
  const { channels, refused } = fields(text)
  return { channels: strings(channels), refused: strings(refused) }
}

export function readClose(text: string): SseClose {
  const { reconnect, reason } = fields(text)
  return { reconnect: reconnect === false ? false : duration(reconnect), reason: string(reason) }
}

function fields(text: string): Readonly<Partial<Record<string, unknown>>> {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

const string = (value: unknown): string => (typeof value === 'string' ? value : '')

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []

const duration = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 ? value : undefined
