import { askForList } from './ask.ts'
import { type Polling, type PollingOptions, pollEvery } from './polls.ts'
import type { Receiver } from './receiver.ts'

/**
 * Polling with `ETag`: asks again and again for the same list. `getJson` sends the `ETag` of the list it has (browsers do so by themselves), and a
 * server whose list is the same answers 304 without a body (RFC 9110, section 15.4.5). Otherwise the whole list comes again, and this finds what is new in it. Events that left the list between
 * two polls are missed.
 */
export function startEtagPolling(options: PollingOptions, receiver: Receiver): Polling {
  let seen: { readonly epoch: string; readonly n: number } | undefined
  return pollEvery(options.interval, receiver, async (signal) => {
    const { epoch, events } = await askForList({ ...options, signal })
    const before = seen
    seen = { epoch, n: events.at(-1)?.n ?? 0 }
    // The first answer only tells where the list is now, as that of a poll without a cursor does.
    const fresh = before?.epoch === epoch ? events.filter(({ n }) => n > before.n) : []
    return { events: fresh, more: false }
  })
}
