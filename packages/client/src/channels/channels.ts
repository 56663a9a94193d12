import { byteLength } from '../connection/bytes.ts'
import { SseError } from '../errors.ts'

/** The channels of a client, and those of one stream. */
export interface ChannelsState {
  readonly wanted: Set<string>
  /** The channels that were sent to the server for this stream. */
  sent: ReadonlySet<string>
  /** The id of the stream. Empty if the server gave none, `undefined` if the stream is not open. */
  stream: string | undefined
  /** Whether `wanted` has changed since it was sent. */
  isChanged: boolean
  /** Whether a change is being posted. Changes are posted one at a time, so they keep their order. */
  isSending: boolean
  /** Aborted when the stream is gone. */
  readonly gone: AbortController
}

/**
 * Keeps the channels that a client wants, and posts changes of them while a stream is open.
 *
 * @param post posts until the server knows the wanted channels
 */
export function createChannels(initial: readonly string[], post: (state: ChannelsState) => unknown) {
  const wanted = new Set(initial.map(valid))
  let state = begin()

  function begin(): ChannelsState {
    const [sent, gone] = [new Set(wanted), new AbortController()]
    return { wanted, sent, gone, stream: undefined, isChanged: false, isSending: false }
  }

  function settle(): void {
    if (state.isChanged && state.stream !== undefined) post(state)
  }

  return {
    wanted: wanted as ReadonlySet<string>,
    /** @throws SseError `invalid-channel`; then nothing has changed */
    change(action: 'add' | 'delete', channels: string | readonly string[]): void {
      for (const channel of [channels].flat().map(valid)) wanted[action](channel)
      state.isChanged = true
      settle()
    },
    /** The channels for a new connection. They all travel with its request. */
    connecting(): Iterable<string> {
      state.gone.abort()
      state = begin()
      return state.sent
    },
    /** The stream is open. Changes can be posted, unless the id is empty. */
    opened(stream: string): void {
      state.stream = stream
      settle()
    },
    /** The stream has ended. A change that is being posted no longer has an effect. */
    lost(): void {
      if (state.stream === undefined) return
      state.gone.abort()
      state.stream = undefined
    },
  }
}

/**
 * Checks a name by the rule of the server (`@sse/core`): 1–256 bytes of well-formed Unicode, without control characters (C0, C1) and without the
 * reserved prefix `sse:`. A comma is not allowed, because it separates the names in the query.
 *
 * @throws SseError `invalid-channel`
 */
function valid(channel: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be in it
  const isWellFormed = /^(?!sse:)[^\0-\x1F\x7F-\x9F,\p{Surrogate}]+$/u.test(channel)
  if (isWellFormed && typeof channel === 'string' && byteLength(channel) <= 256) return channel
  throw new SseError(
    'invalid-channel',
    `${JSON.stringify(channel)} is not a valid channel name: 1–256 bytes, no commas, control characters or \`sse:\` in front`,
    channel,
  )
}
