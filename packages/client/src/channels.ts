import { SseError } from './errors.ts'

/** The channels a client wishes for, and what the server has been told of them. */
export interface Channels {
  wish(change: 'add' | 'delete', channels: string | readonly string[]): void
  /** The wishes for a new connection: it is told all of them at once. */
  connecting(): Iterable<string>
  /** The stream has a name now: what changed since `connecting` can be told. Empty: it has none. undefined: there is no stream. */
  opened(stream: string | undefined): void
}

/** Where the wishes and the server stand. */
export interface ChannelsState {
  readonly wanted: Set<string>
  told: ReadonlySet<string>
  stream: string | undefined
}

/**
 * Keeps an open stream at the wishes. One change is under way at a time, so quick ones cannot overtake each other.
 *
 * @param tell brings the server to the wishes as they are then; never rejects
 */
export function createChannels(
  initial: readonly string[],
  tell: (state: ChannelsState) => Promise<unknown>,
): Channels {
  const wanted = new Set(initial.map(valid))
  const state: ChannelsState = { wanted, told: wanted, stream: undefined }
  let isChanged = false
  /** Settles after the last change. */
  let telling: Promise<unknown> = Promise.resolve()

  function settle(): void {
    if (!isChanged || state.stream === undefined) return
    isChanged = false
    telling = telling.then(() => tell(state))
  }

  return {
    wish(change, channels) {
      for (const channel of [channels].flat()) wanted[change](valid(channel))
      isChanged = true
      settle()
    },
    connecting() {
      isChanged = false
      state.stream = undefined
      state.told = new Set(wanted)
      return state.told
    },
    opened(stream) {
      state.stream = stream
      settle()
    },
  }
}

/**
 * 1–256 bytes without control characters, and without the comma that separates names in the query.
 *
 * @throws SseError `invalid-channel`
 */
function valid(channel: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be in it
  if (/^[^\x00-\x1F\x7F,]+$/.test(channel) && new TextEncoder().encode(channel).length <= 256) return channel
  throw new SseError(
    'invalid-channel',
    `${JSON.stringify(channel)} is no channel: 1–256 bytes, no commas, no control characters`,
    channel,
  )
}
