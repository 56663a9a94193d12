import { ask } from './ask.ts'
import { pauseAfter, sleep } from './pause.ts'
import type { GetJson, Receiver, TransportClient } from './receiver.ts'

export interface LongPollingOptions {
  readonly url: string
  readonly getJson: GetJson
}

/**
 * Long polling: the server keeps the question until there is an answer, then it is asked again at once. The cursor of the last answer goes along,
 * so that what comes between two questions, and what an interruption held up, is in the next answer.
 */
export function startLongPolling(options: LongPollingOptions, receiver: Receiver): TransportClient {
  const stopped = new AbortController()
  const { signal } = stopped
  void poll()

  async function poll(): Promise<void> {
    let cursor: string | undefined
    let failures = 0
    receiver.status('connecting')
    while (!signal.aborted) {
      try {
        const { events, next } = await ask({ ...options, cursor, signal })
        if (signal.aborted) return
        cursor = next
        failures = 0
        receiver.status('open')
        if (events.length > 0) receiver.events(events)
      } catch {
        if (signal.aborted) return
        failures += 1
        receiver.status('waiting')
        await sleep(pauseAfter(failures), signal)
      }
    }
  }

  return { stop: () => stopped.abort() }
}
