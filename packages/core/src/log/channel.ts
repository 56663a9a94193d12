import { SseError, show } from '../errors.ts'
import type { Entry } from './broker.ts'

/** Commands to all hubs of the log that must not be lost. They are acted on and never delivered. */
export const commandChannel = 'sse:control'

/** Whether an entry is a command to the hubs instead of an event. Nobody else can publish to the reserved channel. */
export function isCommand(entry: Entry): boolean {
  return entry.channels[0] === commandChannel
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: that they are refused is the point
const controlCharacter = /[\u0000-\u001f\u007f-\u009f]/

/**
 * One or several channel names, each checked, none twice.
 *
 * @throws {SseError} `invalid-channel`: a name is a string of 1 to 256 bytes without control characters; the prefix `sse:`
 * is reserved; at least one is needed, unless `orNone`.
 */
export function toChannels(
  channels: string | readonly string[],
  { orNone = false }: { orNone?: boolean } = {},
): readonly string[] {
  const names = typeof channels === 'string' ? [channels] : copyOf(channels)
  if (!names) {
    throw new SseError(
      'invalid-channel',
      `${show(channels)} is no channel: give a string or an array of strings.`,
      {
        value: channels,
      },
    )
  }
  if (names.length === 0 && !orNone) {
    throw new SseError('invalid-channel', 'No channel was given: name at least one.', { value: channels })
  }
  for (const name of names) checkChannel(name)
  return names.length <= 1 ? names : [...new Set(names)]
}

/** A copy, because the caller may use the array again; `undefined` for what is no array. */
function copyOf(channels: unknown): string[] | undefined {
  try {
    return Array.isArray(channels) ? [...channels] : undefined
  } catch {
    // A revoked proxy throws at every look.
    return undefined
  }
}

function checkChannel(name: unknown): void {
  const problem =
    typeof name !== 'string'
      ? 'a channel is a string'
      : name === ''
        ? 'a channel has a name'
        : Buffer.byteLength(name) > 256
          ? 'a channel name has at most 256 bytes'
          : controlCharacter.test(name)
            ? 'a channel name has no control characters'
            : name.startsWith('sse:')
              ? 'the prefix "sse:" is reserved'
              : undefined
  if (problem)
    throw new SseError('invalid-channel', `${show(name)} is no channel: ${problem}.`, { value: name })
}
