import { SseError, type SseUnhandled } from '@sse/client'
import type { Resync } from '../stream/resync.ts'
import type { AnyEvents, Session } from '../stream/session.ts'
import type { SseOptions } from '../types.ts'

/** The most names of unmapped events that are logged, because a server may invent any number. */
const MOST_NAMES = 20

/**
 * Checks the payload of `connect`. A DOM event is allowed, because `@click="sse.connect"` passes one.
 *
 * @throws SseError `invalid-use` for a position that is not `{ lastEventId: 'text' }`
 */
export function checkPayload(payload: unknown): void {
  const isObject = typeof payload === 'object' && payload !== null
  const position = isObject ? (payload as { lastEventId?: unknown }).lastEventId : payload
  if (position === undefined || position === null || (isObject && typeof position === 'string')) return
  const given = isObject ? `a lastEventId of ${position}` : String(position)
  throw new SseError('invalid-use', `connect takes { lastEventId: '41' } with a text, not ${given}`, payload)
}

/** Used in place of a resync: warns once when one would have been needed. */
export function warnOfMissingResync({ namespace = 'sse' }: SseOptions<AnyEvents>): Resync {
  let hasWarned = false
  return {
    start({ reason }) {
      if (hasWarned) return
      hasWarned = true
      const what =
        reason === 'gap' ? 'events have been missed' : 'events may have been missed before it opened'
      console.warn(
        `[@sse/vuex] The stream '${namespace}': ${what}. Set \`resync\` to load what the app shows, or set \`resync: false\` if nothing has to be loaded.`,
      )
    },
    retry() {},
    cancel() {},
  }
}

/** Warns once for each event that has no mapping and no listener. Its name may be misspelt on one side. */
export function warnOfUnmappedEvents(
  session: Session,
  { namespace = 'sse', events = {} }: SseOptions<AnyEvents>,
): void {
  const mapped = Object.keys(events)
  const maps = mapped.length > 0 ? `\`events\` maps ${mapped.join(', ')}` : '`events` maps nothing'
  const warned = new Set<string>()
  session.on('sse.unhandled', ({ event }: SseUnhandled) => {
    if (warned.has(event) || warned.size === MOST_NAMES) return
    warned.add(event)
    console.warn(
      `[@sse/vuex] The stream '${namespace}' received an event '${event}' that nothing handles: ${maps}. Correct the name, or map it to \`[]\` to ignore it.`,
    )
  })
}
