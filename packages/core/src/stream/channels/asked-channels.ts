import { SseError } from '../../errors.ts'
import { toChannels } from '../../log/channel.ts'

/** Channels that a client asks for itself when it connects. */
export interface AskedChannels {
  /** As they came: untrusted. */
  readonly names: readonly string[]
  /**
   * Whether the client may read a channel: only `true` grants it. What it throws is a failure, not a refusal: the client is told to come
   * back.
   */
  readonly authorize: (channel: string) => boolean | Promise<boolean>
}

export interface Verdict {
  readonly granted: readonly string[]
  readonly refused: readonly string[]
}

/** Channels of one request that are judged at a time: a client that names many keeps no others from the app's database. */
const atOnce = 8

/** Checks the question itself, before anybody is asked. @throws {SseError} `invalid-channel`, `too-many-channels` */
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
 * Asks for every channel, a few at a time, until one question fails or nobody waits for the answer any more. Channels that were not asked for
 * are refused.
 *
 * @param options `abandoned`: whether the client has left, then nothing more is asked; `maxChannels`: how many channels there may be. Tabs
 * that share a stream may ask for more together, and are refused the rest
 * @throws what `authorize` throws
 */
export async function judge(
  { names, authorize }: AskedChannels,
  {
    abandoned = () => false,
    maxChannels = Number.POSITIVE_INFINITY,
  }: { readonly abandoned?: () => boolean; readonly maxChannels?: number } = {},
): Promise<Verdict> {
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
