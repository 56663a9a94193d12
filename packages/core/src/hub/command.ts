import type { ChannelsChange } from '../stream/sse-stream.ts'

/** An order from one process of the log to the others, as an entry on the reserved channel. */
export type Command =
  /** Ends all streams of a key. `reconnect` in milliseconds; `false` to stay away, `null` to say nothing. */
  | { readonly type: 'disconnect'; readonly key: string; readonly reconnect: number | false | null }
  /** Changes the channels of a stream that another process holds; it answers with `changed`. */
  | ({
      readonly type: 'change'
      readonly request: string
      readonly stream: string
      readonly key: string | null
    } & ChannelsChange)
  | { readonly type: 'changed'; readonly request: string; readonly outcome: ChangeOutcome }

/** What became of a change: the channels that the stream is on now, or why it was not made. */
export type ChangeOutcome =
  | { readonly channels: readonly string[] }
  | { readonly problem: 'unknown' }
  | { readonly problem: 'too-many-channels'; readonly message: string }

/** A command out of an entry's data; `undefined` for what this version does not know: another process may be newer. */
export function parseCommand(data: string): Command | undefined {
  try {
    const command = JSON.parse(data) as { type?: unknown } | null
    const known = command?.type === 'disconnect' || command?.type === 'change' || command?.type === 'changed'
    // Only hubs write to the reserved channel: what has a known type has its shape.
    return known ? (command as Command) : undefined
  } catch {
    return undefined
  }
}
