import * as v from 'valibot'
import { type ListAnswer, listAnswerSchema, type PollAnswer, pollAnswerSchema } from '../lab.ts'
import type { GetJson } from './receiver.ts'

/** How long an answer may take, in ms: over the longest wait of a long poll. A line that has gone silent must not hold a poller for ever. */
const patience = 35_000

export interface Question {
  readonly url: string
  readonly getJson: GetJson
  readonly signal: AbortSignal
}

export interface CursorQuestion extends Question {
  /** Where the last answer ended; `undefined` before the first. */
  readonly cursor: string | undefined
}

/** One short or long poll. @throws the error of the network, or of an answer that has another form */
export async function ask({ url, cursor, ...question }: CursorQuestion): Promise<PollAnswer> {
  const target = new URL(url)
  if (cursor !== undefined) target.searchParams.set('after', cursor)
  return v.parse(pollAnswerSchema, await answerTo({ ...question, url: target.href }))
}

/** One poll of the list. @throws as {@link ask} */
export async function askForList(question: Question): Promise<ListAnswer> {
  return v.parse(listAnswerSchema, await answerTo(question))
}

async function answerTo({ url, getJson, signal }: Question): Promise<unknown> {
  // Not `AbortSignal.timeout`: of each poll it would leave a timer behind.
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), patience)
  try {
    return await getJson(url, AbortSignal.any([signal, late.signal]))
  } finally {
    clearTimeout(timer)
  }
}
