import { attach, disconnect, sseOf } from './attach.ts'
import type { AnyEvents } from './session.ts'
import type { StoreLike } from './store.ts'
import type { RegisteredEvents, SseOptions } from './types.ts'

/** What is needed of an app of Vue 3, or of the constructor of Vue 2.7. */
export interface AppLike {
  readonly config?: { readonly globalProperties?: object }
  readonly prototype?: object
  unmount?(): void
}

/** A plugin of the store, and of the app. */
export interface SsePlugin {
  /** Vuex: `createStore({ plugins: [sse] })`, `new Vuex.Store({ plugins: [sse] })`. */
  (store: StoreLike): void
  /** Vue 3: `app.use(sse)`. Vue 2.7: `Vue.use(sse)`. Gives components `this.$sse`. */
  install(app: AppLike): void
}

/**
 * A stream for Vuex stores. Put it into the `plugins` of a store, and connect by `store.dispatch('sse/connect')`.
 *
 * It may serve several stores, each with its own connection, as a server render needs it.
 */
export function createSse<Events extends object = RegisteredEvents>(options: SseOptions<Events>): SsePlugin {
  const { namespace = 'sse' } = options
  // Types of events are for the app: inside they are whatever the wire brings.
  const any = options as SseOptions<object> as SseOptions<AnyEvents>
  const apps = new Set<AppLike>()

  return Object.assign((store: StoreLike) => attach(store, any), {
    install(app: AppLike) {
      // Vue 2.7 has no app: its constructor is one. It also has a `config`, but no global properties there.
      const properties = app.config?.globalProperties ?? app.prototype ?? {}
      Object.defineProperty(properties, `$${namespace}`, {
        configurable: true,
        get(this: WithStore) {
          return sseOf(this.$store, namespace)
        },
      })
      if (app.unmount) closeAfter(app, apps, namespace)
    },
  })
}

interface WithStore {
  readonly $store?: StoreLike
}

const storeOf = (app: AppLike) => (app.config?.globalProperties as WithStore | undefined)?.$store

/** Closes the connection of a store with the last app that showed it. */
function closeAfter(app: AppLike, apps: Set<AppLike>, namespace: string): void {
  const unmount = app.unmount
  apps.add(app)
  app.unmount = () => {
    unmount?.call(app)
    apps.delete(app)
    const store = storeOf(app)
    if (![...apps].some((other) => storeOf(other) === store)) disconnect(store, namespace)
  }
}
