import { SseError } from '@sse/client'
import { type AppLike, watchApp } from './components/lifetime.ts'
import { development } from './development/development.ts'
import type { RegisteredEvents } from './store/register.ts'
import type { StoreLike } from './store/store.ts'
import { registerStream, sseOf } from './store/store-module.ts'
import type { AnyEvents } from './stream/session.ts'
import type { SseOptions } from './types.ts'

/** A plugin of the store, and of the app. */
export interface SsePlugin {
  /** Vuex: `createStore({ plugins: [sse] })`, `new Vuex.Store({ plugins: [sse] })`. */
  (store: StoreLike): void
  /** Vue 3: `app.use(sse)`. Vue 2.7: `Vue.use(sse)`. Gives components `this.$sse`, and disconnects with the last app of a store. */
  install(app: AppLike): void
}

/**
 * A stream for Vuex stores. Put it into the `plugins` of a store, and connect with `store.dispatch('sse/connect')`.
 *
 * It may serve several stores, each with its own connection, as a server render needs.
 *
 * @throws SseError `invalid-option` without a `url`, and in development for any option that is unknown or invalid
 */
export function createSse<Events extends object = RegisteredEvents>(options: SseOptions<Events>): SsePlugin {
  const tools = development()
  tools?.created(options)
  // A URL from the environment may be missing in production only.
  if (!options?.url) {
    throw new SseError('invalid-option', "createSse() needs a `url`: createSse({ url: '/events' })", options)
  }
  const { namespace = 'sse' } = options
  const name = `$${namespace}`
  // The types of events are for the app. Inside they are whatever the wire brings.
  const any = options as SseOptions<object> as SseOptions<AnyEvents>

  return Object.assign((store: StoreLike) => (tools?.register ?? registerStream)(store, any), {
    install(app: AppLike) {
      Object.defineProperty(propertiesOf(app), name, {
        configurable: true,
        get(this: { readonly $store?: StoreLike }) {
          return sseOf(this.$store, namespace)
        },
        // Tests replace it by a double: for all components, or for one.
        set(this: object, value: unknown) {
          Object.defineProperty(this, name, { configurable: true, writable: true, value })
        },
      })
      watchApp(app, namespace)
    },
  })
}

/** Vue 2.7 has no app, so its constructor stands for one. It also has a `config`, but no global properties in it. */
const propertiesOf = ({ config, prototype }: AppLike): object =>
  (config as { readonly globalProperties?: object } | undefined)?.globalProperties ?? (prototype as object)
