import { byteLength } from '../connection/bytes.ts'
import { SseError } from '../errors.ts'

/** The channels a client wishes for, and what the server has been told of them. */
export interface Channels {
  /** @throws SseError `invalid-channel`; then no wish has changed */
  wish(change: 'add' | 'delete', channels: string | readonly string[]): void
  /** The wishes for a new connection: it is told all of them at once. */
  connecting(): Iterable<string>
  /** The stream has a name now: what changed since `connecting` can be told. Empty: it has none. */
  opened(stream: string): void
  /** There is no stream any more. A change that is under way concerns nobody. */
  lost(): void
}

/** Where the wishes and one stream stand. */
export interface ChannelsState {
  readonly wanted: Set<string>
  /** What this stream has been told. */
  told: ReadonlySet<string>
  /** Its name. Empty: it has none. `undefined`: it is not open. */
  stream: string | undefined
  /** Whether a wish has changed since it was told. */
  isChanged: boolean
  /** Whether a change is under way: quick ones must not overtake each other. */
  isTelling: boolean
  /** Aborted when the stream is gone. */
  readonly gone: AbortController
}

/**
 * Keeps an open stream at the wishes.
 *
 * @param tell brings the server to the wishes, until nothing has changed any more
 */
export function createChannels(
  initial: readonly string[],
  tell: (state: ChannelsState) => unknown,
): Channels {
  const wanted = new Set(initial.map(valid))
  let state = begin()

  function begin(): ChannelsState {
    const [told, gone] = [new Set(wanted), new AbortController()]
    return { wanted, told, gone, stream: undefined, isChanged: false, isTelling: false }
  }

  function settle(): void {
    if (state.isChanged && state.stream !== undefined) tell(state)
  }

  return {
    wish(change, channels) {
      for (const channel of [channels].flat().map(valid)) wanted[change](channel)
      state.isChanged = true
      settle()
    },
    connecting() {
      state.gone.abort()
      state = begin()
      return state.told
    },
    opened(stream) {
      state.stream = stream
      settle()
    },
    lost() {
      if (state.stream === undefined) return
      state.gone.abort()
      state.stream = undefined
    },
  }
}

/**
 * The rule of the server (`@sse/core`): 1–256 bytes of well-formed Unicode without control characters (C0, C1), without the comma that
 * separates names in the query, and without the reserved prefix `sse:`.
 *
 * @throws SseError `invalid-channel`
 */
function valid(channel: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be in it
  const isWell = /^(?!sse:)[^\0-\x1F\x7F-\x9F,\p{Surrogate}]+$/u.test(channel)
  if (isWell && typeof channel === 'string' && byteLength(channel) <= 256) return channel
  throw new SseError(
    'invalid-channel',
    `${JSON.stringify(channel)} is not a valid channel name: 1–256 bytes, no commas, no control characters, not \`sse:\` in front`,
    channel,
  )
}
