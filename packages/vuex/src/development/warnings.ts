import type { SseGap, SseOpen, SseUnhandled } from '@sse/vue'
import type { AnyEvents, Session } from '@sse/vue/internal'
import type { SseOptions } from '../types.ts'

/** At most this many names of unmapped events are logged, because a server may invent any number. */
const MOST_NAMES = 20

/** The streams that no store had when an app with them was mounted. */
const storeless = new WeakSet<object>()

/** Warns once if an app has a stream that no store has. Then no event reaches a store. */
export function warnOfMissingStore(plugin: object, session: Session | undefined, namespace: string): void {
  if (session || storeless.has(plugin)) return
  storeless.add(plugin)
  console.warn(
    `[@sse/vuex] The app has the stream '${namespace}', but no store has it: createStore({ plugins: [sse] }), or new Vuex.Store({ plugins: [sse] })`,
  )
}

/** Warns once when a resync would have been needed. */
export function warnOfMissingResync(session: Session, options: () => SseOptions<AnyEvents>): void {
  const { connection } = session
  let hasWarned = false
  const warn = (what: string) => {
    const { namespace = 'sse', resync, events = {} } = options()
    // The server sends records and members again.
    if (hasWarned || resync !== undefined || showsOnlyChannels(options(), events)) return
    hasWarned = true
    console.warn(
      `[@sse/vuex] The stream '${namespace}': ${what}. Set \`resync\` to load what the app shows, or set \`resync: false\` if nothing has to be loaded.`,
    )
  }
  let isFirst = true
  session.use(() => {
    connection.on?.('sse.open', ({ resumed }: SseOpen) => {
      // Without a given position, the page may show less than the stream has resumed from.
      if (resumed !== true || (isFirst && !connection.isGiven))
        warn('events may have been missed before it opened')
      isFirst = false
    })
    connection.on?.('sse.gap', (_: SseGap) => warn('events have been missed'))
  })
}

/** Warns once for each event that has no mapping and no listener. Its name may be misspelt on one side. */
export function warnOfUnmappedEvents(session: Session, options: () => SseOptions<AnyEvents>): void {
  const warned = new Set<string>()
  session.use(() => {
    session.connection.on?.('sse.unhandled', ({ event }: SseUnhandled) => {
      if (warned.has(event) || warned.size === MOST_NAMES) return
      warned.add(event)
      const { namespace = 'sse', events = {} } = options()
      const mapped = Object.keys(events)
      const maps = mapped.length > 0 ? `\`events\` maps ${mapped.join(', ')}` : '`events` maps nothing'
      console.warn(
        `[@sse/vuex] The stream '${namespace}' received an event '${event}' that nothing handles: ${maps}. Correct the name, or map it to \`[]\` to ignore it.`,
      )
    })
  })
}

/** Whether the stream's events reach a store only as the records and the members of channels. */
const showsOnlyChannels = ({ records, presence }: SseOptions<AnyEvents>, events: object): boolean =>
  !!(records ?? presence) && Object.keys(events).length === 0
