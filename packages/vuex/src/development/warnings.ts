import { SseError, type SseUnhandled } from '@sse/client'
import type { Resync } from '../stream/resync.ts'
import type { AnyEvents, Session } from '../stream/session.ts'
import type { SseOptions } from '../types.ts'

/** Different names of unmapped events that are told, at most: a server may make up any number. */
const MOST_NAMES = 20

/**
 * Checks what `connect` is given. An event of the DOM is fine: `@click="sse.connect"` brings one.
 *
 * @throws SseError `invalid-use` for a position that is not `{ lastEventId: 'text' }`
 */
export function checkPayload(payload: unknown): void {
  const isObject = typeof payload === 'object' && payload !== null
  const position = isObject ? (payload as { lastEventId?: unknown }).lastEventId : payload
  if (position === undefined || position === null || (isObject && typeof position === 'string')) return
  const given = isObject ? `a lastEventId of ${position}` : String(position)
  throw new SseError('invalid-use', `connect takes { lastEventId: '41' }, with text, not ${given}`, payload)
}

/** In the place of a resync: says once that one is missing where it is needed. */
export function warnOfMissing({ namespace = 'sse' }: SseOptions<AnyEvents>): Resync {
  let isSaid = false
  return {
    start({ reason }) {
      if (isSaid) return
      isSaid = true
      const what =
        reason === 'gap' ? 'events have been missed' : 'events may have been missed before it opened'
      console.warn(
        `[@sse/vuex] The stream '${namespace}': ${what}. Say by \`resync\` how to load what the app shows, or \`resync: false\` where nothing has to be loaded.`,
      )
    },
    retry() {},
    cancel() {},
  }
}

/** Says once of each event that it is mapped to nothing, and that nobody else listens for it: its name may be misspelt on one side. */
export function warnOfUnmapped(
  session: Session,
  { namespace = 'sse', events = {} }: SseOptions<AnyEvents>,
): void {
  const mapped = Object.keys(events)
  const maps = mapped.length > 0 ? `\`events\` maps ${mapped.join(', ')}` : '`events` maps nothing'
  const said = new Set<string>()
  session.on('sse.unhandled', ({ event }: SseUnhandled) => {
    if (said.has(event) || said.size === MOST_NAMES) return
    said.add(event)
    console.warn(
      `[@sse/vuex] The stream '${namespace}' got an event '${event}', which nothing handles: ${maps}. Correct the name, or map it to \`[]\` if it is not wanted.`,
    )
  })
}
