import { SseError } from './errors.ts'

/** The channels a client wishes for, and what the server has been told of them. */
export interface Channels {
  add(channels: string | readonly string[]): void
  delete(channels: string | readonly string[]): void
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
 * @param tell brings the server to the wishes
 */
export function createChannels(
  initial: readonly string[],
  tell: (state: ChannelsState) => Promise<unknown>,
): Channels {
  const wanted = new Set(initial.map(valid))
  const state: ChannelsState = { wanted, told: wanted, stream: undefined }
  let isChanged = false
  let isTelling = false

  async function change(): Promise<void> {
    if (isTelling || !isChanged || state.stream === undefined) return
    isTelling = true
    isChanged = false
    await tell(state)
    isTelling = false
    return change()
  }

  function wish(channels: string | readonly string[], set: (channel: string) => unknown): void {
    for (const channel of [channels].flat()) set(valid(channel))
    isChanged = true
    change()
  }

  return {
    add: (channels) => wish(channels, (channel) => wanted.add(channel)),
    delete: (channels) => wish(channels, (channel) => wanted.delete(channel)),
    connecting() {
      isChanged = false
      state.stream = undefined
      state.told = new Set(wanted)
      return state.told
    },
    opened(stream) {
      state.stream = stream
      change()
    },
  }
}

/**
 * 1–256 bytes without control characters, and without the comma that separates names in the query.
 *
 * @throws SseError `invalid-channel`
 */
function valid(channel: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be in it
  if (channel && !/[\x00-\x1F\x7F,]/.test(channel) && new TextEncoder().encode(channel).length <= 256)
    return channel
  throw new SseError(
    'invalid-channel',
    `${JSON.stringify(channel)} is no channel: 1–256 bytes, no commas, no control characters`,
    channel,
  )
}
