import { accessSync, constants } from 'node:fs'
import { dirname } from 'node:path'
import { SseError, type SseErrorCode } from '@sse/core'

/** A file is there or not; what is reached over a network is the concern of others. */
type FailureCode = Exclude<Extract<SseErrorCode, `log-${string}`>, 'log-unreachable'>

/** The result codes of SQLite that have a meaning of their own here: https://sqlite.org/rescode.html. */
const codes: Readonly<Record<number, FailureCode>> = {
  5: 'log-locked',
  6: 'log-locked',
  8: 'log-read-only',
  11: 'log-corrupt',
  13: 'log-full',
  26: 'log-corrupt',
}
/** `SQLITE_READONLY_DBMOVED`: SQLite has noticed itself that the file is another one. */
const moved = 1_032
const cannotOpen = 14

const sentences: Readonly<Record<FailureCode, string>> = {
  'log-locked': 'is locked by somebody else who writes to it: keep such transactions short',
  'log-read-only':
    'cannot be written to: give the process the right to write to it and to its directory, where two files stand beside it',
  'log-corrupt':
    'is damaged, or is no SQLite database: stop the process and put a backup in its place, clients are told the gap',
  'log-full': 'has no room left on its disk: make room, or keep less by the option keep',
  'log-gone':
    'is gone from its place, or was closed: what is written now would be lost, start the process again',
  'log-busy': 'takes publishes more slowly than they are made: await them',
  'log-failed': 'could not be read or written',
}

/** What SQLite threw, with a code that one can switch on. An `SseError` is left as it is. */
export function failureOf(error: unknown, path: string): SseError {
  if (error instanceof SseError) return error
  return failure(codeOf(error, path), path, { cause: error })
}

/** @param options what caused it, or what happened in words of its own */
export function failure(
  code: FailureCode,
  path: string,
  { cause, because }: { cause?: unknown; because?: string } = {},
): SseError {
  const reason = cause instanceof Error ? ` (${cause.message})` : ''
  const message = `The log ${path} ${because ?? sentences[code]}${reason}.`
  return new SseError(code, message, { value: path, ...(cause === undefined ? {} : { cause }) })
}

function codeOf(error: unknown, path: string): FailureCode {
  if (!(error instanceof Error)) return 'log-failed'
  if ('code' in error && error.code === 'ERR_INVALID_STATE') return 'log-gone'
  const result = 'errcode' in error ? Number(error.errcode) : 0
  if (result === moved) return 'log-gone'
  const primary = result & 0xff
  if (primary === cannotOpen && !writable(dirname(path))) return 'log-read-only'
  return codes[primary] ?? 'log-failed'
}

function writable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK)
    return true
  } catch (error) {
    // Where there is no directory nothing is read-only.
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}
