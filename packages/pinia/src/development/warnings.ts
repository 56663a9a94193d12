import type { Session } from '@sse/vue/internal'
import { getActivePinia, type Pinia } from 'pinia'
import type { PiniaStream } from '../store.ts'

/** Warns once of an event that nothing handles, if stores cannot receive it because their Pinia does not have the stream. */
export function warnWithoutPinia(
  session: Session,
  streams: WeakMap<Pinia, ReadonlyMap<string, PiniaStream>>,
  namespace: string,
): void {
  let hasWarned = false
  session.use(({ on }) => {
    on('sse.unhandled', () => {
      const pinia = getActivePinia()
      // A Pinia calls its plugins for each new store.
      const hasStores = pinia && Object.keys(pinia.state.value).length > 0
      if (hasWarned || !hasStores || streams.get(pinia)?.has(namespace)) return
      hasWarned = true
      console.warn(
        `[@sse/pinia] No store receives the events of the stream '${namespace}': write createPinia().use(sse) as well as app.use(sse)`,
      )
    })
  })
}
