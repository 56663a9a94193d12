import { SseError } from '../../errors.ts'
import { toChannels } from '../../log/channel.ts'

/** Channels that the client itself asks for. */
export interface AskedChannels {
  /** As the client sent them: untrusted. */
  readonly names: readonly string[]
  /**
   * Whether the client may read a channel. Only `true` grants it. If it throws, that is a failure and not a refusal: the client is told when
   * to retry.
   */
  readonly authorize: (channel: string) => boolean | Promise<boolean>
}

export interface AuthorizedChannels {
  readonly granted: readonly string[]
  readonly refused: readonly string[]
}

/** Channels of one request that are authorized at a time, so that a client that names many does not occupy the app's database. */
const atOnce = 8

/** Checks the names before the app is asked. @throws {SseError} `invalid-channel`, `too-many-channels` */
export function checkAsked({ names }: AskedChannels, maxChannels: number): void {
  toChannels(names, { orNone: true })
  if (names.length <= maxChannels) return
  throw new SseError(
    'too-many-channels',
    `${names.length} channels were asked for, and ${maxChannels} are allowed: ask for fewer, or raise limits.channels.`,
    { value: names },
  )
}

/**
 * Asks `authorize` for every channel, a few at a time, until one call fails or the client has left. Channels for which it was not called are
 * refused.
 *
 * @param options `abandoned`: whether the client has left; `maxChannels`: how many channels the stream may be on. Tabs that share a stream may
 * ask for more together, and are refused the rest
 * @throws what `authorize` throws
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
  async function askOn(): Promise<void> {
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
  await Promise.all(Array.from({ length: Math.min(atOnce, asked.length) }, askOn))
  return {
    granted: asked.filter((name) => granted.has(name)),
    refused: asked.filter((name) => !granted.has(name)),
  }
}
