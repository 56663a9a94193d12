import * as v from 'valibot'
import { type PollAnswer, pollAnswerSchema } from '../lab.ts'
import type { GetJson } from './receiver.ts'

/** How long an answer may take, in ms: over the longest wait of a long poll. A line that has gone silent must not hold a poller for ever. */
const patience = 35_000

export interface Question {
  readonly url: string
  readonly getJson: GetJson
  /** Where the last answer ended; `undefined` before the first. */
  readonly cursor: string | undefined
  readonly signal: AbortSignal
}

/** One poll of either kind. @throws what the network does, and what is no answer of ours */
export async function ask({ url, getJson, cursor, signal }: Question): Promise<PollAnswer> {
  const target = new URL(url)
  if (cursor !== undefined) target.searchParams.set('after', cursor)
  // Not `AbortSignal.timeout`: of each poll it would leave a timer behind.
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), patience)
  try {
    return v.parse(pollAnswerSchema, await getJson(target.href, AbortSignal.any([signal, late.signal])))
  } finally {
    clearTimeout(timer)
  }
}
