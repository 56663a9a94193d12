import { SseError, type SseErrorCode } from '@sse/core'
import { logFailure } from '@sse/core/internal'

type FailureCode = Exclude<Extract<SseErrorCode, `log-${string}`>, 'log-busy'>

interface Meaning {
  readonly code: FailureCode
  readonly sentence?: string
}

/** The last batch must see what was committed while it waited for the lock. */
export const isolationSentence =
  "is written in READ COMMITTED only: run ALTER ROLE … SET default_transaction_isolation = 'read committed' for the role of the pool"

/** By the SQLSTATE, or its first two characters: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const meanings: Readonly<Record<string, Meaning>> = {
  '08': { code: 'log-unreachable' },
  // Serialisation failures, deadlocks: the same statement may succeed.
  '40': { code: 'log-unreachable' },
  '53300': {
    code: 'log-unreachable',
    sentence:
      'cannot be reached, because PostgreSQL has no connection left: raise max_connections, or use smaller pools. The broker tries again',
  },
  '53': { code: 'log-full' },
  // The lock of the log is held by another program.
  '55P03': { code: 'log-unreachable' },
  '57': { code: 'log-unreachable' },
  '58': { code: 'log-unreachable' },
  '25006': { code: 'log-read-only' },
  '42501': {
    code: 'log-failed',
    sentence: 'needs a permission that the role lacks: grant the permissions that the README lists',
  },
  '28': {
    code: 'log-failed',
    sentence: 'cannot be opened, because the role or its password is wrong: correct them',
  },
  '3D': {
    code: 'log-failed',
    sentence: 'is in a database that does not exist: create it, or correct its name',
  },
  '42P01': { code: 'log-gone' },
  '42883': { code: 'log-gone' },
  '3F': { code: 'log-gone' },
  SSE01: { code: 'log-failed', sentence: isolationSentence },
  SSE02: { code: 'log-gone' },
  XX001: { code: 'log-corrupt' },
  XX002: { code: 'log-corrupt' },
}

const sentences: Readonly<Record<FailureCode, string>> = {
  'log-unreachable': 'cannot be reached: the broker tries again; publish again when it is up',
  'log-full': 'has no room left on its disk or in memory: make room, or keep less by the option keep',
  'log-read-only': 'is on a server that takes no writes, such as a replica: connect to the primary',
  'log-corrupt': 'contains rows that this broker has not written: choose another schema, or restore a backup',
  'log-gone': 'has no tables: run the SQL of postgresSchema(), or leave the option migrate at true',
  'log-locked':
    'waits for an open transaction that has published under the same idempotencyKey: keep it short',
  'log-failed': 'cannot be used, because PostgreSQL refused a statement',
}

/** The SQLSTATE of an error that PostgreSQL has reported; `undefined` for an error of the connection. */
export function stateOf(error: unknown): string | undefined {
  // Prisma and Drizzle wrap the error of the driver.
  for (
    let cause: unknown = error, depth = 0;
    depth < 4 && typeof cause === 'object' && cause !== null;
    depth++
  ) {
    if ('code' in cause && typeof cause.code === 'string' && /^[0-9A-Z]{5}$/.test(cause.code))
      return cause.code
    cause = 'cause' in cause ? cause.cause : undefined
  }
  return undefined
}

/** An error of PostgreSQL or of a connection as an `SseError`. An `SseError` is returned as it is. */
export function failureOf(error: unknown, log: string): SseError {
  if (error instanceof SseError) return error
  const state = stateOf(error)
  const meaning =
    state === undefined
      ? { code: 'log-unreachable' as const }
      : (meanings[state] ?? meanings[state.slice(0, 2)] ?? { code: 'log-failed' as const })
  return failure(meaning.code, log, meaning.sentence, error)
}

/** @param sentence default: that of the code */
export function failure(
  code: FailureCode,
  log: string,
  sentence = sentences[code],
  cause?: unknown,
): SseError {
  return logFailure(code, log, sentence, cause)
}
