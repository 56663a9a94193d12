import type { SseInvalid, SseState, SseUnhandled } from '@sse/client'
import type { Listen } from '../stream/connection.ts'
import { closest } from './check-options.ts'

/** The most warnings of one kind, because a server may invent any number of names. */
const MOST = 20

/**
 * Warns of what a page would not show: an event that is not handled although the page listens for a similar name, data that cannot be read, and
 * an answer after which the client does not try again.
 *
 * @param url of the stream
 * @param names the events that the page listens for. Default: events that are not handled are somebody else's matter
 */
export function warnOfSilence(
  on: Listen,
  url: () => string,
  names: (() => readonly string[]) | undefined,
): void {
  const warned = new Set<string>()
  function warn(kind: string, event: string, message: string): void {
    if (warned.has(kind + event) || warned.size === MOST) return
    warned.add(kind + event)
    console.warn(`[@sse/vue] The stream ${url()} ${message}`)
  }
  on('sse.unhandled', ({ event }: SseUnhandled) => {
    const meant = closest(
      event,
      (names?.() ?? []).filter((name) => !name.startsWith('sse.')),
    )
    if (meant)
      warn(
        'unhandled',
        event,
        `received an event '${event}', and the page listens for '${meant}': correct one of them`,
      )
  })
  on('sse.invalid', ({ event, data, issues }: SseInvalid) => {
    const reason = issues[0]?.message ?? 'its data is invalid'
    warn('invalid', event, `dropped an event '${event}': ${reason}. The data: ${data.slice(0, 80)}`)
  })
  on('sse.state', (state: SseState) => {
    if (state.status === 'closed' && state.reason === 'rejected')
      warn(
        'closed',
        '',
        `will not be tried again: ${state.error?.message}. Correct the route, or show the state on the page`,
      )
  })
}
