import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { SseError } from '@sse/express'
import type { Outbox, OutboxRow } from './outbox.ts'

export interface RelayOptions {
  readonly outbox: Outbox
  /** Puts an event into the log, with its key. */
  readonly publish: (row: OutboxRow) => Promise<unknown>
  /** Told why it does not get on. */
  readonly onError: (error: unknown) => void
}

/** Carries what is in the outbox into the log: one row after the other, each until it is there. */
export interface Relay {
  /** Something was put into the outbox. */
  wake(): void
  /** Ends after the row under way. What is left stays in the outbox, for another process or the next start. */
  close(): Promise<void>
}

/** Milliseconds for which a process has the outbox. It asks again after half of them; no row takes that long. */
const term = 10_000
/** Milliseconds after which it looks by itself: another process may have ended, or written. */
const look = 250
/** Milliseconds until the next attempt while the log is not to be reached. */
const pause = 500

export function startRelay({ outbox, publish, onError }: RelayOptions): Relay {
  const owner = randomUUID()
  const closing = new AbortController()
  let woken = Promise.withResolvers<void>()

  const run = async () => {
    while (!closing.signal.aborted) {
      const next = woken.promise
      const left = await carry()
      if (closing.signal.aborted) return
      const time = left === 'unreachable' ? pause : look
      const rest = new AbortController()
      const signal = AbortSignal.any([closing.signal, rest.signal])
      const waits = [wait(time, undefined, { signal }).catch(() => {})]
      if (left === 'nothing') waits.push(next)
      await Promise.race(waits)
      rest.abort()
    }
  }

  /** Everything there is, if no other process is at it. @returns why it has stopped */
  async function carry(): Promise<'nothing' | 'unreachable' | 'elsewhere'> {
    let takenAt: number | undefined
    try {
      for (;;) {
        if (closing.signal.aborted || !outbox.next()) return 'nothing'
        if (takenAt === undefined || Date.now() - takenAt > term / 2) {
          if (!outbox.take(owner, term)) return 'elsewhere'
          takenAt = Date.now()
        }
        // Read again: until it had the outbox, another process may have been at it.
        const row = outbox.next()
        if (row) await publishOne(row)
      }
    } catch (error) {
      onError(error)
      return 'unreachable'
    } finally {
      if (takenAt !== undefined) outbox.release(owner)
    }
  }

  async function publishOne(row: OutboxRow): Promise<void> {
    try {
      await publish(row)
    } catch (error) {
      if (!isLasting(error)) throw error
      onError(error)
      outbox.refused(row.id, error.message)
      return
    }
    outbox.done(row.id)
  }

  const ended = run()
  return {
    wake() {
      woken.resolve()
      woken = Promise.withResolvers()
    },
    close() {
      closing.abort()
      return ended
    },
  }
}

/** What no later attempt can change: the event itself is refused. */
function isLasting(error: unknown): error is SseError {
  return error instanceof SseError && (error.code.startsWith('invalid-') || error.code === 'event-too-large')
}
