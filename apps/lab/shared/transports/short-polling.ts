import { ask } from './ask.ts'
import { type Polling, type PollingOptions, pollEvery } from './polls.ts'
import type { Receiver } from './receiver.ts'

/**
 * Short polling: asks again and again for what is new. Each poll carries the cursor of the last answer, so an interruption loses nothing as long as
 * the server still has the events.
 */
export function startShortPolling(options: PollingOptions, receiver: Receiver): Polling {
  let cursor: string | undefined
  return pollEvery(options.interval, receiver, async (signal) => {
    const answer = await ask({ ...options, cursor, signal })
    cursor = answer.next
    return answer
  })
}
