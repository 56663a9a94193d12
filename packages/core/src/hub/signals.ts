import type { ChannelsChange } from '../stream/sse-stream.ts'
import type { Member } from './types.ts'

/**
 * The signals between the hubs of a log. A signal may be lost, so nothing depends on a single one: leases are renewed, and requests time out.
 * A message that must not be lost is a command in the log.
 */
export type Signal =
  /**
   * A hub is live. `hello`: it has just started, and asks the other hubs for their `alive` signals. `presence`: the number of changes that it has
   * made to its members.
   */
  | { readonly type: 'alive'; readonly hub: string; readonly hello?: true; readonly presence?: number }
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
  /** Aborts a run of the hub. */
  | { readonly type: 'abort'; readonly hub: string; readonly run: string }
  /** Changed members of a hub; `null`: a member that left. With `part`: all its members, in `of` signals that are numbered from 1. */
  | {
      readonly type: 'presence'
      readonly hub: string
      readonly version: number
      readonly members: readonly {
        readonly channel: string
        readonly key: string
        readonly member: Member | null
      }[]
      readonly part?: { readonly number: number; readonly of: number }
    }
  /** Asks the hub `to` for all its members. */
  | { readonly type: 'presence?'; readonly to: string }
  /** An event that is not in the log. */
  | {
      readonly type: 'volatile'
      readonly channels: readonly string[]
      readonly event?: string | undefined
      readonly data: string
    }
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
export type Command =
  /** Ends all streams of a key. Clients reconnect after `reconnect` milliseconds; `false`: not at all, `null`: the client decides. */
  | {
      readonly type: 'disconnect'
      readonly request: string
      readonly key: string
      readonly reconnect: number | false | null
    }
  /** A hub starts a run. If several hubs start one on the same channel, the first in the log has it. */
  | { readonly type: 'run'; readonly run: string; readonly hub: string; readonly channel: string }
  /** A run has ended. */
  | { readonly type: 'ran'; readonly run: string; readonly channel: string }

const signals: readonly string[] = [
  'alive',
  'left',
  'disconnected',
  'disconnected?',
  'turn',
  'change',
  'volatile',
  'abort',
  'presence',
  'presence?',
  'reached',
  'answer',
] satisfies Signal['type'][]

/** `undefined` for a type that this version does not know, because another process may be newer. Only hubs send signals, so a known type is valid. */
export function parseSignal(text: string): Signal | undefined {
  return parse<Signal>(text, signals)
}

/** As `parseSignal`, for the data of an entry on the reserved channel. */
export function parseCommand(data: string): Command | undefined {
  return parse<Command>(data, ['disconnect', 'run', 'ran'])
}

function parse<T>(text: string, types: readonly string[]): T | undefined {
  try {
    const value = JSON.parse(text) as { type?: unknown } | null
    return types.includes(value?.type as string) ? (value as T) : undefined
  } catch {
    return undefined
  }
}
