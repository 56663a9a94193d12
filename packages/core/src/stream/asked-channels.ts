import { SseError } from '../errors.ts'
import { toChannels } from '../log/channel.ts'

/** Channels that a client asks for itself when it connects. */
export interface AskedChannels {
  /** As they came: untrusted. */
  readonly names: readonly string[]
  /** Whether the client may read a channel. What it throws is a failure, not a refusal: the client is told to come back. */
  readonly authorize: (channel: string) => boolean | Promise<boolean>
}

export interface Verdict {
  readonly granted: readonly string[]
  readonly refused: readonly string[]
}

/** Checks the question itself, before anybody is asked. @throws {SseError} `invalid-channel`, `too-many-channels` */
export function checkAsked({ names }: AskedChannels, maxChannels: number): void {
  toChannels(names, { orNone: true })
  if (names.length <= maxChannels) return
  throw new SseError(
    'too-many-channels',
    `${names.length} channels were asked for, ${maxChannels} are allowed: ask for fewer, or raise limits.channels.`,
    { value: names },
  )
}

/** Asks for every channel, for as many as there may be; tabs that share a stream may ask for more together. @throws what `authorize` throws */
export async function judge(
  { names, authorize }: AskedChannels,
  maxChannels = Number.POSITIVE_INFINITY,
): Promise<Verdict> {
  const asked = [...new Set(names)]
  const verdicts = await Promise.all(asked.slice(0, maxChannels).map(async (name) => authorize(name)))
  return {
    granted: asked.filter((_, index) => verdicts[index]),
    refused: asked.filter((_, index) => !verdicts[index]),
  }
}
