import { randomUUID } from 'node:crypto'
import type { LabEvent } from '../../shared/lab.ts'
import { listLength } from '../../shared/settings.ts'

/** The newest events, for those who ask: each kind of polling reads on from where its last answer ended. */
export interface EventLog {
  append(event: LabEvent): void
  /** What came after the cursor, at most {@link answerLimit} events. A cursor that is none of ours gets nothing but the head. */
  read(after: string | undefined): LogAnswer
  /** The newest {@link listLength} events, for those who ask for the same list again and again. */
  list(): ListedEvents
  /** Calls back once, when there is something after the head; what is given back takes the wish back. */
  whenMore(callback: () => void): () => void
}

export interface LogAnswer {
  /** The JSON text of each, made once for all who ask. */
  readonly events: readonly string[]
  readonly next: string
  readonly more: boolean
}

export interface ListedEvents {
  readonly epoch: string
  /** Another one after every event: as an `ETag` it says which list a client has. */
  readonly version: string
  /** The JSON text of each, oldest first. */
  readonly events: readonly string[]
}

/** As many as fit into one answer. */
export const answerLimit = 500

/** As far as a client may fall behind: as many events, or as many bytes, as the window of an SSE hub holds. */
const limits = { entries: 10_000, bytes: 16 * 2 ** 20 }

export function createEventLog(): EventLog {
  // Of a process that is gone no cursor fits, though its numbers might.
  const epoch = randomUUID().slice(0, 8)
  const held: string[] = []
  /** The number of the first entry held; of the next one while there is none. */
  let first = 0
  let bytes = 0
  const waiting = new Set<() => void>()

  const cursor = (position: number) => `${epoch}-${position}`

  function positionOf(text: string | undefined): number | undefined {
    if (text === undefined || !text.startsWith(`${epoch}-`)) return undefined
    const position = Number(text.slice(epoch.length + 1))
    return Number.isSafeInteger(position) && position <= first + held.length ? position : undefined
  }

  return {
    append(event) {
      const text = JSON.stringify(event)
      held.push(text)
      bytes += text.length
      while (held.length > limits.entries || bytes > limits.bytes) {
        bytes -= held.shift()!.length
        first += 1
      }
      const callbacks = [...waiting]
      waiting.clear()
      for (const callback of callbacks) callback()
    },

    read(after) {
      const head = first + held.length
      const from = positionOf(after) ?? head
      // A client that asks for events which are no longer held gets the rest, and sees by the numbers what is missing.
      const start = Math.max(0, from - first)
      const events = held.slice(start, start + answerLimit)
      const next = first + start + events.length
      return { events, next: cursor(next), more: next < head }
    },

    list: () => ({ epoch, version: cursor(first + held.length), events: held.slice(-listLength) }),

    whenMore(callback) {
      waiting.add(callback)
      return () => waiting.delete(callback)
    },
  }
}
