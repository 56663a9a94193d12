import { ask } from './ask.ts'
import { sleep } from './pause.ts'
import type { GetJson, Receiver, TransportClient } from './receiver.ts'

export interface ShortPollingOptions {
  readonly url: string
  readonly getJson: GetJson
  /** Milliseconds from one question to the next. */
  readonly interval: number
}

export interface ShortPolling extends TransportClient {
  /** The next question comes so long after the last. Milliseconds. */
  setInterval(interval: number): void
}

/**
 * Short polling: asks again and again what has come since. The cursor of the last answer goes along, so that an interruption loses nothing as
 * long as the server still has it.
 */
export function startShortPolling(options: ShortPollingOptions, receiver: Receiver): ShortPolling {
  const stopped = new AbortController()
  const { signal } = stopped
  let interval = options.interval
  let changed = new AbortController()
  let cursor: string | undefined
  void poll()

  async function poll(): Promise<void> {
    receiver.status('connecting')
    while (!signal.aborted) {
      const asked = performance.now()
      const more = await question()
      if (!more) await untilNext(asked)
    }
  }

  async function question(): Promise<boolean> {
    try {
      const { events, next, more } = await ask({ ...options, cursor, signal })
      if (signal.aborted) return false
      cursor = next
      receiver.status('open')
      if (events.length > 0) receiver.events(events)
      return more
    } catch {
      // The next question is the next attempt: nothing else is needed to come back.
      if (!signal.aborted) receiver.status('waiting')
      return false
    }
  }

  /** An interval that is changed meanwhile counts from the last question too. */
  async function untilNext(asked: number): Promise<void> {
    for (;;) {
      const rest = asked + interval - performance.now()
      if (rest <= 0 || signal.aborted) return
      changed = new AbortController()
      await sleep(rest, AbortSignal.any([signal, changed.signal]))
    }
  }

  return {
    stop: () => stopped.abort(),
    setInterval(milliseconds) {
      interval = milliseconds
      changed.abort()
    },
  }
}
