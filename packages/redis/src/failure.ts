import { SseError, type SseErrorCode } from '@sse/core'

/** Those of a file are the concern of others. */
type FailureCode = Exclude<Extract<SseErrorCode, `log-${string}`>, 'log-locked' | 'log-gone'>

/** What an answer of Redis means for the broker. */
interface Answer {
  readonly code: FailureCode
  readonly sentence?: string
  /** The connection is as good as before. After all others it is replaced: another server may be there by now. */
  readonly harmless?: boolean
  /** It does not pass by itself. */
  readonly lasting?: boolean
}

/** By the first word: https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors. */
const answers: Readonly<Record<string, Answer>> = {
  OOM: { code: 'log-full', harmless: true },
  READONLY: { code: 'log-read-only' },
  NOREPLICAS: {
    code: 'log-read-only',
    sentence:
      'takes no writes while fewer replicas are in step than min-replicas-to-write asks for: look after the replicas',
    harmless: true,
  },
  MISCONF: {
    code: 'log-read-only',
    sentence:
      'takes no writes because Redis cannot save to its disk: look at its log, and at the space there',
    harmless: true,
  },
  WRONGTYPE: { code: 'log-corrupt', harmless: true, lasting: true },
  VERSION: { code: 'log-failed', harmless: true, lasting: true },
  NOAUTH: { code: 'log-failed', sentence: 'needs a password: give the client one', lasting: true },
  WRONGPASS: {
    code: 'log-failed',
    sentence: 'was refused: the user or the password of the client is not the right one',
    lasting: true,
  },
  NOPERM: {
    code: 'log-failed',
    sentence: 'lacks a permission: give the user those that the README lists',
    harmless: true,
    lasting: true,
  },
  LOADING: { code: 'log-unreachable', sentence: 'is being loaded by Redis: it is tried again' },
  CLUSTERDOWN: { code: 'log-unreachable', sentence: 'is on a cluster that is down: it is tried again' },
  MASTERDOWN: { code: 'log-unreachable', sentence: 'has lost its primary: it is tried again' },
  BUSY: {
    code: 'log-unreachable',
    sentence: 'waits for a script of somebody else that takes long: it is tried again',
  },
  NOSCRIPT: { code: 'log-unreachable', harmless: true },
  FENCED: { code: 'log-unreachable', harmless: true },
}

/** Of those that begin with `ERR`, and say the rest in words. */
const errors: readonly (Answer & { readonly words: RegExp })[] = [
  {
    words: /max number of clients/,
    code: 'log-unreachable',
    sentence:
      'has no connection left: raise maxclients of Redis, or close what is not needed. It is tried again',
  },
  {
    words: /unknown (sub)?command|wrong number of arg|syntax error|DB index|AUTH|password|NOPERM|ACL/i,
    code: 'log-failed',
    harmless: true,
    lasting: true,
  },
]

/** Whatever else is refused may be of another kind a moment later. */
const other: Answer = { code: 'log-failed', harmless: true }

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
  return answerOf(error)?.harmless === true
}

/** Whether it is of no use to try again at once. */
export function isLasting(error: unknown): boolean {
  return answerOf(error)?.lasting === true
}

/** What Redis or the connection to it has thrown, with a code that one can switch on. An `SseError` is left as it is. */
export function failureOf(error: unknown, log: string): SseError {
  if (error instanceof SseError) return error
  const { code = 'log-unreachable', sentence: because } = answerOf(error) ?? {}
  return failure(code, log, { cause: error, because })
}

/** @param options what caused it, or what happened in words of its own */
export function failure(
  code: FailureCode,
  log: string,
  { cause, because }: { readonly cause?: unknown; readonly because?: string | undefined } = {},
): SseError {
  const reason = cause instanceof Error && cause.message ? ` (${cause.message})` : ''
  const message = `The log ${log} ${because ?? sentences[code]}${reason}.`
  return new SseError(code, message, { value: log, ...(cause === undefined ? {} : { cause }) })
}

export function closedError(): SseError {
  return new SseError('closed', 'The broker is closed: close it after its last use.')
}

function answerOf(error: unknown): Answer | undefined {
  const word = replyOf(error)
  if (word !== 'ERR') return word === undefined ? undefined : answers[word]
  const { message } = error as Error
  return errors.find(({ words }) => words.test(message)) ?? other
}
