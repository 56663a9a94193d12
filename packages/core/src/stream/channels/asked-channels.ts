import { SseError } from '../../errors.ts'
import { toChannels } from '../../log/channel.ts'

/** The channels that a client asks for. */
export interface AskedChannels {
  /** The names as the client sent them. They are untrusted. */
  readonly names: readonly string[]
  /**
   * Decides whether the client may read a channel. Only `true` grants it. An error is not a refusal: the client should retry.
   */
  readonly authorize: (channel: string) => boolean | Promise<boolean>
}

export interface AuthorizedChannels {
  readonly granted: readonly string[]
  readonly refused: readonly string[]
}

/** The maximum number of concurrent `authorize` calls of one request, so that one client does not occupy the app's database. */
const concurrency = 8

/** Checks the names before `authorize` is called. @throws {SseError} `invalid-channel`, `too-many-channels` */
export function checkAsked({ names }: AskedChannels, maxChannels: number): void {
  toChannels(names, { allowEmpty: true })
  if (names.length <= maxChannels) return
  throw new SseError(
    'too-many-channels',
    `The client asks for ${names.length} channels, and ${maxChannels} are allowed: ask for fewer, or raise limits.channels.`,
    { value: names },
  )
}

/**
 * Calls `authorize` for every channel, a few at a time, until one call fails or the client has left. Channels without a call are refused.
 *
 * @param options `abandoned`: whether the client has left; `maxChannels`: the maximum number of channels to authorize. Tabs that share a stream
 * may ask for more together
 * @throws any error of `authorize`
 */
export async function authorizeAsked(
  { names, authorize }: AskedChannels,
  {
    abandoned = () => false,
    maxChannels = Number.POSITIVE_INFINITY,
  }: { readonly abandoned?: () => boolean; readonly maxChannels?: number } = {},
): Promise<AuthorizedChannels> {
  const asked = [...new Set(names)]
  const granted = new Set<string>()
  let next = 0
  async function authorizeNext(): Promise<void> {
    while (next < Math.min(asked.length, maxChannels) && !abandoned()) {
      const name = asked[next++]!
      try {
        if ((await authorize(name)) === true) granted.add(name)
      } catch (error) {
        next = asked.length
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, asked.length) }, authorizeNext))
  return {
    granted: asked.filter((name) => granted.has(name)),
    refused: asked.filter((name) => !granted.has(name)),
  }
}
