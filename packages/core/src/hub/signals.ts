import type { ChannelsChange } from '../stream/sse-stream.ts'
import type { Member } from './types.ts'

/**
 * What the hubs of a log say to each other. A signal may be lost, so nothing depends on a single one: leases are renewed, questions
 * time out, and what must not be lost is a command in the log.
 */
export type Signal =
  /** A hub is alive. `hello`: it has just started, and asks the others to say the same. `presence`: how many changes of its members it has told. */
  | { readonly type: 'alive'; readonly hub: string; readonly hello?: true; readonly presence?: number }
  /** A hub is closed. */
  | { readonly type: 'left'; readonly hub: string }
  /** A hub has acted on a disconnect. */
  | { readonly type: 'disconnected'; readonly hub: string; readonly request: string }
  /** Asks the hubs to say again whether they have acted on the disconnect whose entry has this id. */
  | { readonly type: 'disconnected?'; readonly request: string; readonly id: string }
  /** Asks the hub `to` whether it holds a stream of this key, and for the turn of a wish. */
  | (Question & { readonly type: 'turn' })
  /** Asks the hub `to` to change the channels of a stream. */
  | (Question & { readonly type: 'change'; readonly change: ChannelsChange })
  /** Aborts a run of the hub. */
  | { readonly type: 'abort'; readonly hub: string; readonly run: string }
  /** Members of a hub; `null`: gone. `whole`: it has no others. `more`: the list goes on. */
  | {
      readonly type: 'presence'
      readonly hub: string
      readonly version: number
      readonly members: readonly {
        readonly channel: string
        readonly key: string
        readonly member: Member | null
      }[]
      readonly whole?: true
      readonly more?: true
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
  | { readonly type: 'answer'; readonly to: string; readonly request: string; readonly outcome: Outcome }

interface Question {
  readonly to: string
  readonly from: string
  readonly request: string
  readonly stream: string
  readonly key: string | null
}

/** What became of a question: the turn of the wish, the channels that the stream is on now, or why there is neither. */
export type Outcome =
  | { readonly turn: number }
  | { readonly channels: readonly string[] }
  | { readonly problem: 'unknown' }
  | { readonly problem: 'too-many-channels'; readonly message: string }

/** What must reach every hub, as an entry on the reserved channel. */
export type Command =
  /** Ends all streams of a key. `reconnect` in milliseconds; `false` to stay away, `null` to say nothing. */
  | {
      readonly type: 'disconnect'
      readonly request: string
      readonly key: string
      readonly reconnect: number | false | null
    }
  /** A hub starts a run; the first for a channel that has none has it. */
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
  'answer',
] satisfies Signal['type'][]

/** `undefined` for what this version does not know: another process may be newer. Only hubs send: what has a known type has its shape. */
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
