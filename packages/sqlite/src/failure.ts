import { accessSync, constants, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { SseError, type SseErrorCode } from '@sse/core'
import { busySentence, logFailure } from '@sse/core/internal'

/** `log-unreachable` is about networks. */
type FailureCode = Exclude<Extract<SseErrorCode, `log-${string}`>, 'log-unreachable'>

/** The result codes of SQLite that have a code of ours: https://sqlite.org/rescode.html. */
const codes: Readonly<Record<number, FailureCode>> = {
  5: 'log-locked',
  6: 'log-locked',
  8: 'log-read-only',
  11: 'log-corrupt',
  13: 'log-full',
  26: 'log-corrupt',
}
/** `SQLITE_READONLY_DBMOVED`: SQLite has noticed that the file was replaced. */
const moved = 1_032
/** `SQLITE_BUSY_SNAPSHOT`: another connection has written since the query of this connection began. */
const outdated = 517
/** `SQLITE_IOERR`, `SQLITE_CANTOPEN`: SQLite does not report the error of the file system. */
const vague: readonly number[] = [10, 14]

const sentences: Readonly<Record<FailureCode, string>> = {
  'log-locked': 'is locked by another connection that writes to it: keep such transactions short',
  'log-read-only':
    'cannot be written to: let the process write to the file and to its directory, where SQLite makes two more files, and do not set PRAGMA query_only',
  'log-corrupt':
    'is damaged, or is not a SQLite database: stop the process and restore a backup; clients then receive a gap',
  'log-full': 'has no room left on its disk: make room, or keep less by the option keep',
  'log-gone':
    'was deleted, moved or replaced, or its database was closed, so that new events would be lost: put the file back, or restart the process',
  'log-busy': busySentence,
  'log-failed': 'could not be read or written',
}
const unfinishedQuery =
  'cannot be written to, because a query of this connection is not finished and another program has written since: read the query to its end, or call return() of its iterator'

/** An error of SQLite as an `SseError`. An `SseError` is returned as it is. */
export function failureOf(error: unknown, path: string): SseError {
  if (error instanceof SseError) return error
  const sentence = resultOf(error) === outdated ? unfinishedQuery : undefined
  return failure(codeOf(error, path), path, sentence, error)
}

/** @param sentence default: that of the code */
export function failure(
  code: FailureCode,
  path: string,
  sentence: string = sentences[code],
  cause?: unknown,
): SseError {
  return logFailure(code, path, sentence, cause)
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

/** Why a directory cannot be written to: its disk is full, or it is read-only; `undefined` if it seems all right. */
function stateOf(directory: string): FailureCode | undefined {
  try {
    accessSync(directory, constants.W_OK)
    return statfsSync(directory).bavail === 0 ? 'log-full' : undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'EACCES' || code === 'EROFS' || code === 'EPERM' ? 'log-read-only' : undefined
  }
}
