import type { Session } from '@sse/vue/internal'
import type { Pinia } from 'pinia'
import type { PiniaStream } from '../store.ts'

/** An app, or in Vue 2.7 a root instance. */
interface AppLike {
  readonly config?: { readonly globalProperties?: { readonly $pinia?: Pinia } }
  readonly $pinia?: Pinia
}

/** Warns once of an event that nothing handles, if stores cannot receive it because their Pinia does not have the stream. */
export function warnWithoutPinia(
  session: Session,
  streams: WeakMap<Pinia, ReadonlyMap<string, PiniaStream>>,
  namespace: string,
): void {
  let hasWarned = false
  session.use(({ on }) => {
    on('sse.unhandled', () => {
      const apps = [...session.connection.apps] as AppLike[]
      // A Pinia calls its plugins for each new store.
      const isMissing = apps.some(({ config, $pinia = config?.globalProperties?.$pinia }) => {
        return $pinia && Object.keys($pinia.state.value).length > 0 && !streams.get($pinia)?.has(namespace)
      })
      if (hasWarned || !isMissing) return
      hasWarned = true
      console.warn(
        `[@sse/pinia] No store receives the events of the stream '${namespace}': write createPinia().use(sse) as well as app.use(sse)`,
      )
    })
  })
}
