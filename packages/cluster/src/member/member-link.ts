import { setTimeout as delay } from 'node:timers/promises'
import { type EndedChannels, type Records, SseError } from '@sse/core'
import type { LosableConnection } from '@sse/core/internal'
import type { NewEntry, News, Outcome, Started, TailLimits, WirePage } from '../wire/messages.ts'

/** A member's way to its leader: the leader's own session, or a socket to it. */
export interface MemberLink extends LosableConnection {
  start(tail: TailLimits): Promise<Started>
  /** Resolves with what is new after a position, once there is something. A member asks again when it has taken that. */
  next(after: string): Promise<News>
  read(after: string, limit: number): Promise<WirePage>
  records(channels: readonly string[]): Promise<Records>
  ended(): Promise<EndedChannels>
  /** Appends events in this order. @returns `undefined` if nothing was appended, because the leader is closing */
  publish(batch: readonly NewEntry[]): Promise<readonly Outcome[] | undefined>
  signal(texts: readonly string[]): Promise<void>
}

/** Milliseconds before a leader is asked again that could not answer and has not ended. */
const retryInterval = 100

/** Whether this is the answer of a leader, and not the loss of the link to it. */
export function isAnswer(error: unknown): boolean {
  return error instanceof SseError && error.code !== 'closed'
}

/** Resolves when the link is lost and may be replaced. A leader that has not ended is asked again after a while. */
export async function replaced(link: MemberLink): Promise<void> {
  await Promise.race([link.lost, delay(retryInterval)])
  await new Promise((resolve) => setImmediate(resolve))
}
