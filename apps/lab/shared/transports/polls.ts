import type { LabEvent } from '../lab.ts'
import { sleep } from './pause.ts'
import type { GetJson, Receiver, TransportClient } from './receiver.ts'

export interface PollingOptions {
  readonly url: string
  readonly getJson: GetJson
  /** Milliseconds from one poll to the next. */
  readonly interval: number
}

export interface Polling extends TransportClient {
  /** Milliseconds from the last poll to the next, from now on. */
  setInterval(interval: number): void
}

/** What one poll has brought. */
export interface Polled {
  readonly events: readonly LabEvent[]
  /** There is more already, so the next poll follows at once. */
  readonly more: boolean
}

/** Polls at an interval. A poll that fails needs no retry: the next one is the next attempt. */
export function pollEvery(
  first: number,
  receiver: Receiver,
  poll: (signal: AbortSignal) => Promise<Polled>,
): Polling {
  const stopped = new AbortController()
  const { signal } = stopped
  let interval = first
  let changed = new AbortController()
  void run()

  async function run(): Promise<void> {
    receiver.status('connecting')
    while (!signal.aborted) {
      const asked = performance.now()
      const more = await pollOnce()
      if (!more) await untilNext(asked)
    }
  }

  async function pollOnce(): Promise<boolean> {
    try {
      const { events, more } = await poll(signal)
      if (signal.aborted) return false
      receiver.status('open')
      if (events.length > 0) receiver.events(events)
      return more
    } catch {
      if (!signal.aborted) receiver.status('waiting')
      return false
    }
  }

  /** An interval that is changed meanwhile counts from the last poll too. */
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
