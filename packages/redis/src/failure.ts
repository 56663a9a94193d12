import { SseError, type SseErrorCode } from '@sse/core'

/** Those of a file are the concern of others. */
type FailureCode = Exclude<Extract<SseErrorCode, `log-${string}`>, 'log-locked' | 'log-gone'>

/** What Redis answers, by the first word: https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors. */
const codes: Readonly<Record<string, FailureCode>> = {
  OOM: 'log-full',
  READONLY: 'log-read-only',
  WRONGTYPE: 'log-corrupt',
  VERSION: 'log-failed',
  MISCONF: 'log-failed',
  NOAUTH: 'log-failed',
  WRONGPASS: 'log-failed',
  NOPERM: 'log-failed',
  ERR: 'log-failed',
}

/** Answers after which the connection is as good as before; after all others it is replaced: another server may be there by now. */
const harmless: readonly string[] = [
  'OOM',
  'MISCONF',
  'NOREPLICAS',
  'NOSCRIPT',
  'FENCED',
  'WRONGTYPE',
  'NOPERM',
  'VERSION',
  'ERR',
]

/** What does not pass by itself. */
const lasting: readonly string[] = ['NOAUTH', 'WRONGPASS', 'NOPERM', 'WRONGTYPE', 'VERSION', 'ERR']

const sentences: Readonly<Record<FailureCode, string>> = {
  'log-unreachable': 'cannot be reached: it is tried again, publish again when it is back',
  'log-full': 'has no memory left: raise maxmemory, or keep less by the option maxLength',
  'log-read-only': 'is on a replica that takes no writes: give the broker a client of the primary',
  'log-corrupt': 'holds something else than this broker has written: give the log a prefix of its own',
  'log-busy': 'takes publishes more slowly than they are made: await them',
  'log-failed': 'was refused by Redis',
}

/** The first word of an error that Redis has answered; `undefined` for what went wrong on the way. */
export function replyOf(error: unknown): string | undefined {
  return error instanceof Error ? /^[A-Z]+(?= |$)/.exec(error.message)?.[0] : undefined
}

/** Whether the connection by which this came need not be replaced. */
export function isHarmless(error: unknown): boolean {
  return harmless.includes(replyOf(error) ?? '')
}

/** Whether it is of no use to try again. */
export function isLasting(error: unknown): boolean {
  return lasting.includes(replyOf(error) ?? '')
}

/** What Redis or the connection to it has thrown, with a code that one can switch on. An `SseError` is left as it is. */
export function failureOf(error: unknown, log: string): SseError {
  if (error instanceof SseError) return error
  return failure(codes[replyOf(error) ?? ''] ?? 'log-unreachable', log, { cause: error })
}

/** @param options what caused it, or what happened in words of its own */
export function failure(
  code: FailureCode,
  log: string,
  { cause, because }: { cause?: unknown; because?: string } = {},
): SseError {
  const reason = cause instanceof Error && cause.message ? ` (${cause.message})` : ''
  const message = `The log ${log} ${because ?? sentences[code]}${reason}.`
  return new SseError(code, message, { value: log, ...(cause === undefined ? {} : { cause }) })
}

export function closedError(): SseError {
  return new SseError('closed', 'The broker is closed: close it after its last use.')
}
