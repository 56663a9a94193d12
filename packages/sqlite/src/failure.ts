import { accessSync, constants, statfsSync } from 'node:fs'
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
/** `SQLITE_BUSY_SNAPSHOT`: what is read is older than what another connection has written. */
const outdated = 517
/** `SQLITE_IOERR`, `SQLITE_CANTOPEN`: what the file system said is not told, so it is looked at. */
const vague: readonly number[] = [10, 14]

const sentences: Readonly<Record<FailureCode, string>> = {
  'log-locked': 'is locked by another connection that writes to it: keep such transactions short',
  'log-read-only':
    'cannot be written to: give the process the right to write to the file and to its directory, where two more files are made, and do not set PRAGMA query_only',
  'log-corrupt':
    'is damaged, or is not a SQLite database: stop the process and put a backup in its place, clients are told the gap',
  'log-full': 'has no room left on its disk: make room, or keep less by the option keep',
  'log-gone':
    'was deleted, moved or replaced, or its database was closed: put it back, or start the process again. What is written now would be lost',
  'log-busy': 'takes publishes more slowly than they are made: await them',
  'log-failed': 'could not be read or written',
}
const stale =
  'cannot be written to while a query of this connection is not finished and another program has written since it began: read it to its end, or call return() of its iterator'

/** What SQLite threw, with a code that one can switch on. An `SseError` is left as it is. */
export function failureOf(error: unknown, path: string): SseError {
  if (error instanceof SseError) return error
  const because = resultOf(error) === outdated ? stale : undefined
  return failure(codeOf(error, path), path, { cause: error, because })
}

/** @param options what caused it, or what happened in words of its own */
export function failure(
  code: FailureCode,
  path: string,
  { cause, because }: { cause?: unknown; because?: string | undefined } = {},
): SseError {
  const reason = cause instanceof Error ? ` (${cause.message})` : ''
  const message = `The log ${path} ${because ?? sentences[code]}${reason}.`
  return new SseError(code, message, { value: path, ...(cause === undefined ? {} : { cause }) })
}

function codeOf(error: unknown, path: string): FailureCode {
  if (error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_STATE') return 'log-gone'
  const result = resultOf(error)
  if (result === moved) return 'log-gone'
  const primary = result & 0xff
  if (vague.includes(primary)) return stateOf(dirname(path)) ?? 'log-failed'
  return codes[primary] ?? 'log-failed'
}

function resultOf(error: unknown): number {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0
}

/** What is wrong with a directory, if one can see it: a disk may be full or read-only and SQLite tells no more than that it failed. */
function stateOf(directory: string): FailureCode | undefined {
  try {
    accessSync(directory, constants.W_OK)
    return statfsSync(directory).bavail === 0 ? 'log-full' : undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'EACCES' || code === 'EROFS' || code === 'EPERM' ? 'log-read-only' : undefined
  }
}
