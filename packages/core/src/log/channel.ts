import { SseError, show } from '../errors.ts'
import type { Entry } from './broker.ts'

/** The reserved channel for commands to all hubs of the log. Hubs execute commands and never deliver them to streams. */
export const commandChannel = 'sse:control'

/** Whether an entry is a command to the hubs and not an event. Only hubs can publish to the reserved channel. */
export function isCommand(entry: Entry): boolean {
  return entry.channels[0] === commandChannel
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression exists to refuse them
const controlCharacter = /[\u0000-\u001f\u007f-\u009f]/

/** A segment that is the text of a missing value in a template string. */
const missingPart = /(?<=^|[:/.])(?:undefined|NaN|\[object Object\])(?=$|[:/.])/

export interface ChannelRules {
  /** Whether an empty list is valid. Default: false. */
  readonly allowEmpty?: boolean
  /**
   * Whether the names come from the app. Then a segment such as `undefined` is refused: by this mistake, all users without an id would share a
   * channel. For the names of a client, `authorize` decides. Default: false.
   */
  readonly byApp?: boolean
}

/**
 * Checks one or several channel names, and removes duplicates.
 *
 * @throws {SseError} `invalid-channel`: a name is 1 to 256 bytes of well-formed Unicode without control characters and commas, and does not
 * begin with `sse:`
 */
export function toChannels(
  channels: string | readonly string[],
  { allowEmpty = false, byApp = false }: ChannelRules = {},
): readonly string[] {
  const names = typeof channels === 'string' ? [channels] : copyOf(channels)
  if (!names) {
    const message = `${show(channels)} is not a valid channel: use a string or an array of strings.`
    throw new SseError('invalid-channel', message, { value: channels })
  }
  if (names.length === 0 && !allowEmpty) {
    throw new SseError('invalid-channel', 'No channel was given: give at least one.', { value: channels })
  }
  for (const name of names) {
    const problem = problemOf(name) ?? (byApp ? missingPartOf(name) : undefined)
    if (problem)
      throw new SseError('invalid-channel', `${show(name)} is not a valid channel: ${problem}.`, {
        value: name,
      })
  }
  return names.length <= 1 ? names : [...new Set(names)]
}

/** Copies the array, because the caller may change it later. `undefined` if it is not an array. */
function copyOf(channels: unknown): string[] | undefined {
  try {
    return Array.isArray(channels) ? [...channels] : undefined
  } catch {
    // A revoked proxy throws at every access.
    return undefined
  }
}

function problemOf(name: unknown): string | undefined {
  if (typeof name !== 'string') return 'a channel name is a string'
  if (name === '') return 'a channel name has at least one character'
  if (Buffer.byteLength(name) > 256) return 'a channel name has at most 256 bytes'
  if (controlCharacter.test(name)) return 'a channel name has no control characters'
  if (name.includes(','))
    return 'a channel name has no comma, because commas separate the names in ?channels=a,b. Use an array for several channels'
  if (!name.isWellFormed()) return 'it has a lone surrogate, so it is not well-formed Unicode'
  if (name.startsWith('sse:')) return 'the prefix "sse:" is reserved'
  return undefined
}

function missingPartOf(name: string): string | undefined {
  const part = missingPart.exec(name)?.[0]
  if (part === undefined) return undefined
  return `its part "${part}" shows that a value was missing, and all users without that value would share the channel. Check the value first`
}
