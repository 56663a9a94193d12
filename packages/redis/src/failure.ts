import { SseError, type SseErrorCode } from '@sse/core'
import { logFailure } from '@sse/core/internal'

/** The other codes are about files. */
type FailureCode = Exclude<Extract<SseErrorCode, `log-${string}`>, 'log-locked' | 'log-gone' | 'log-busy'>

/** What an error reply of Redis means for the broker. */
interface Meaning {
  readonly code: FailureCode
  readonly sentence?: string
  /** The connection stays in use. After any other error it is replaced, because another server may be the primary by then. */
  readonly harmless?: boolean
  /** Trying again does not help until the configuration is changed. */
  readonly lasting?: boolean
}

/** By the first word of the reply: https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors. */
const meanings: Readonly<Record<string, Meaning>> = {
  OOM: { code: 'log-full', harmless: true },
  READONLY: { code: 'log-read-only' },
  NOREPLICAS: {
    code: 'log-read-only',
    sentence:
      'takes no writes, because fewer replicas are in sync than min-replicas-to-write demands: check the replicas',
    harmless: true,
  },
  MISCONF: {
    code: 'log-read-only',
    sentence:
      'takes no writes, because Redis cannot save to its disk: read the log of Redis, and check the free space of the disk',
    harmless: true,
  },
  WRONGTYPE: { code: 'log-corrupt', harmless: true, lasting: true },
  VERSION: { code: 'log-failed', harmless: true, lasting: true },
  NOAUTH: { code: 'log-failed', sentence: 'needs a password: configure the client with it', lasting: true },
  WRONGPASS: {
    code: 'log-failed',
    sentence: 'cannot be opened, because the user or the password of the client is wrong: correct them',
    lasting: true,
  },
  NOPERM: {
    code: 'log-failed',
    sentence: 'needs a permission that the user lacks: grant the permissions that the README lists',
    harmless: true,
    lasting: true,
  },
  LOADING: { code: 'log-unreachable', sentence: 'is being loaded by Redis: the broker tries again' },
  CLUSTERDOWN: { code: 'log-unreachable', sentence: 'is on a Cluster that is down: the broker tries again' },
  MASTERDOWN: { code: 'log-unreachable', sentence: 'has lost its primary: the broker tries again' },
  BUSY: {
    code: 'log-unreachable',
    sentence: 'waits for a long script of another program: the broker tries again',
  },
  NOSCRIPT: { code: 'log-unreachable', harmless: true },
  FENCED: { code: 'log-unreachable', harmless: true },
}

/** By the words after `ERR`. */
const errMeanings: readonly (Meaning & { readonly words: RegExp })[] = [
  {
    words: /max number of clients/,
    code: 'log-unreachable',
    sentence:
      'cannot be reached, because Redis has no connection left: raise maxclients, or close connections. The broker tries again',
  },
  {
    words: /unknown (sub)?command|wrong number of arg|syntax error|DB index|AUTH|password|NOPERM|ACL/i,
    code: 'log-failed',
    harmless: true,
    lasting: true,
  },
]

/** Any other error may pass. */
const otherMeaning: Meaning = { code: 'log-failed', harmless: true }

export const unreachable = 'cannot be reached: the broker tries again; publish again when it is up'

const sentences: Readonly<Record<FailureCode, string>> = {
  'log-unreachable': unreachable,
  'log-full': 'has no memory left: raise maxmemory, or keep less by the option maxLength',
  'log-read-only': 'is on a replica, which takes no writes: pass a client of the primary',
  'log-corrupt': 'contains data that this broker has not written: choose another prefix',
  'log-failed': 'cannot be used, because Redis refused a command',
}

/** The first word of an error that Redis has replied; `undefined` for an error of the connection. */
export function replyOf(error: unknown): string | undefined {
  return error instanceof Error ? /^[A-Z]+(?= |$)/.exec(error.message)?.[0] : undefined
}

/** Whether the connection that reported this error can stay in use. */
export function isHarmless(error: unknown): boolean {
  return meaningOf(error)?.harmless === true
}

/** Whether trying again does not help. */
export function isLasting(error: unknown): boolean {
  return meaningOf(error)?.lasting === true
}

/** An error of Redis or of a connection as an `SseError`. An `SseError` is returned as it is. */
export function failureOf(error: unknown, log: string): SseError {
  if (error instanceof SseError) return error
  const { code, sentence } = meaningOf(error) ?? { code: 'log-unreachable' as const }
  return logFailure(code, log, sentence ?? sentences[code], error)
}

export function corrupt(log: string): SseError {
  return logFailure('log-corrupt', log, sentences['log-corrupt'])
}

function meaningOf(error: unknown): Meaning | undefined {
  const word = replyOf(error)
  if (word !== 'ERR') return word === undefined ? undefined : meanings[word]
  const { message } = error as Error
  return errMeanings.find(({ words }) => words.test(message)) ?? otherMeaning
}
