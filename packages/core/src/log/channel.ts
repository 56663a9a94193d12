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

/** What JavaScript makes of a value that is missing, as a part of a name. */
const missing = new Set(['undefined', 'NaN', '[object Object]'])

export interface ChannelRules {
  /** Whether an empty list is taken. Default: it is not. */
  readonly orNone?: boolean
  /**
   * Whether the app made the names. Then a segment such as `undefined` is a mistake, by which all users without an id would share a channel.
   * What a client asks for is for `authorize` to judge. Default: the app did not.
   */
  readonly byApp?: boolean
}

/**
 * One or several channel names, each checked, none twice.
 *
 * @throws {SseError} `invalid-channel`: a name is 1 to 256 bytes of well-formed Unicode without control characters and commas, and does not
 * begin with `sse:`
 */
export function toChannels(
  channels: string | readonly string[],
  { orNone = false, byApp = false }: ChannelRules = {},
): readonly string[] {
  const names = typeof channels === 'string' ? [channels] : copyOf(channels)
  if (!names) {
    const message = `${show(channels)} is not a valid channel: use a string or an array of strings.`
    throw new SseError('invalid-channel', message, { value: channels })
  }
  if (names.length === 0 && !orNone) {
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

/** A copy, because the caller may use the array again; `undefined` for what is not an array. */
function copyOf(channels: unknown): string[] | undefined {
  try {
    return Array.isArray(channels) ? [...channels] : undefined
  } catch {
    // A revoked proxy throws at every look.
    return undefined
  }
}

function problemOf(name: unknown): string | undefined {
  if (typeof name !== 'string') return 'a channel name is a string'
  if (name === '') return 'a channel name has at least one character'
  if (Buffer.byteLength(name) > 256) return 'a channel name has at most 256 bytes'
  if (controlCharacter.test(name)) return 'a channel name has no control characters'
  if (name.includes(',')) return 'a channel name has no comma, because commas separate names in ?channels=a,b'
  if (!name.isWellFormed()) return 'it holds half of a character, so it is not well-formed Unicode'
  if (name.startsWith('sse:')) return 'the prefix "sse:" is reserved'
  return undefined
}

function missingPartOf(name: string): string | undefined {
  const part = name.split(/[:/.]/).find((segment) => missing.has(segment))
  if (part === undefined) return undefined
  return `its part "${part}" is a value that was missing when the name was made, so everybody without that value would share the channel`
}
