import { SseError } from './errors.ts'
import { askHeaders, credentialsOf, type HeadersOption } from './headers.ts'

/** A change to the channels of an open stream, as the server takes it by POST. */
export interface ChannelsChange {
  /** The stream's name, from its `sse.open`. */
  readonly stream: string
  readonly subscribe: readonly string[]
  readonly unsubscribe: readonly string[]
}

/** The channels a client wishes for, and what the server has been told of them. */
export interface Channels {
  add(channels: string | readonly string[]): void
  delete(channels: string | readonly string[]): void
  /** The wishes for a new connection: it is told all of them at once. */
  connecting(): Iterable<string>
  /** The stream has a name now: what changed since `connecting` can be told. Empty when there is no stream. */
  opened(stream: string): void
}

/**
 * Keeps an open stream at the wishes. One POST is under way at a time and carries the difference, so quick changes cannot overtake
 * each other.
 *
 * @param post sends a change; false when the server did not take it
 * @param renew called then: a new connection carries all wishes by itself
 */
export function createChannels(
  initial: readonly string[],
  post: (change: ChannelsChange) => Promise<boolean>,
  renew: () => void,
): Channels {
  const wanted = new Set(initial.map(valid))
  let told = new Set<string>()
  let stream = ''
  let posting = false

  async function tell(): Promise<void> {
    if (posting || !stream) return
    posting = true
    await null // one POST for all calls of this turn
    const to = stream
    const next = new Set(wanted)
    const subscribe = [...next].filter((channel) => !told.has(channel))
    const unsubscribe = [...told].filter((channel) => !next.has(channel))
    const changed = to !== '' && subscribe.length + unsubscribe.length > 0
    const taken = !changed || (await post({ stream: to, subscribe, unsubscribe }))
    posting = false
    if (stream !== to) return tell() // another stream by now, which knows other wishes
    if (!taken) return renew()
    if (!changed) return
    told = next
    return tell()
  }

  return {
    add(channels) {
      for (const channel of [channels].flat()) wanted.add(valid(channel))
      tell()
    },
    delete(channels) {
      for (const channel of [channels].flat()) wanted.delete(channel)
      tell()
    },
    connecting() {
      stream = ''
      told = new Set(wanted)
      return told
    },
    opened(name) {
      stream = name
      tell()
    },
  }
}

/** A POST to the stream's own URL. False: the server is not there, or does not do this. */
export async function postChange(
  url: URL,
  change: ChannelsChange,
  options: { readonly headers?: HeadersOption | undefined; readonly withCredentials?: boolean | undefined },
): Promise<boolean> {
  try {
    const headers = await askHeaders(options.headers)
    headers.set('Content-Type', 'application/json')
    const body = JSON.stringify(change)
    const credentials = credentialsOf(options.withCredentials)
    const response = await fetch(url, { method: 'POST', headers, body, credentials })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
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
    `${JSON.stringify(channel)} cannot be asked for: a channel is 1–256 bytes without commas and control characters`,
    channel,
  )
}
