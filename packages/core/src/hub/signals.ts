import type { ChannelsChange } from '../stream/sse-stream.ts'

/**
 * The signals between the hubs of a log. A signal may be lost, so nothing depends on a single one: leases are renewed, and requests time out.
 * A message that must not be lost is a command in the log.
 */
export type Signal =
  /** A hub is live. `hello`: it has just started, and asks the other hubs for their `alive` signals. */
  | { readonly type: 'alive'; readonly hub: string; readonly hello?: true }
  /** A hub is closed. */
  | { readonly type: 'left'; readonly hub: string }
  /** A hub has executed a disconnect. */
  | { readonly type: 'disconnected'; readonly hub: string; readonly request: string }
  /** Asks the hubs to confirm again that they have executed the disconnect whose entry has this id. */
  | { readonly type: 'disconnected?'; readonly request: string; readonly id: string }
  /** Asks the hub `to` whether it has this stream with this key, and for the turn of a change. */
  | (StreamRequest & { readonly type: 'turn' })
  /** Asks the hub `to` to change the channels of a stream. */
  | (StreamRequest & { readonly type: 'change'; readonly change: ChannelsChange })
  /** Asks the hub `to` to ping a stream once it has passed a position. */
  | (StreamRequest & { readonly type: 'reached'; readonly id: string })
  | { readonly type: 'answer'; readonly to: string; readonly request: string; readonly outcome: Outcome }

interface StreamRequest {
  readonly to: string
  readonly from: string
  readonly request: string
  readonly stream: string
  readonly key: string | null
}

/** The result of a request: the turn of the change, the channels of the stream after it, the position that it will pass, or a problem. */
export type Outcome =
  | { readonly turn: number }
  | { readonly channels: readonly string[] }
  | { readonly reached: string }
  | { readonly problem: 'unknown' }
  | { readonly problem: 'too-many-channels'; readonly message: string }

/** A message that must reach every hub. It is an entry on the reserved channel. */
export type Command = {
  /** Ends all streams of a key. Clients reconnect after `reconnect` milliseconds; `false`: not at all, `null`: the client decides. */
  readonly type: 'disconnect'
  readonly request: string
  readonly key: string
  readonly reconnect: number | false | null
}

const signals: readonly string[] = [
  'alive',
  'left',
  'disconnected',
  'disconnected?',
  'turn',
  'change',
  'reached',
  'answer',
] satisfies Signal['type'][]

/** `undefined` for a type that this version does not know, because another process may be newer. Only hubs send signals, so a known type is valid. */
export function parseSignal(text: string): Signal | undefined {
  return parse<Signal>(text, signals)
}

/** As `parseSignal`, for the data of an entry on the reserved channel. */
export function parseCommand(data: string): Command | undefined {
  return parse<Command>(data, ['disconnect'])
}

function parse<T>(text: string, types: readonly string[]): T | undefined {
  try {
    const value = JSON.parse(text) as { type?: unknown } | null
    return types.includes(value?.type as string) ? (value as T) : undefined
  } catch {
    return undefined
  }
}
