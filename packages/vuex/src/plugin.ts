import { type ConnectPayload, type RegisteredEvents, SseError } from '@sse/vue'
import {
  type AnyEvents,
  type AppLike,
  addSession,
  defineProperty,
  type Session,
  watchApp,
} from '@sse/vue/internal'
import { development } from './development/development.ts'
import type { StoreLike } from './store/store.ts'
import { findStream, registerStream, sseOf } from './store/store-module.ts'
import type { SharedSseOptions, SseOptions } from './types.ts'

/** A plugin of the store, and of the app. */
export interface SsePlugin {
  /** Vuex: `createStore({ plugins: [sse] })`, `new Vuex.Store({ plugins: [sse] })`. */
  (store: StoreLike): void
  /** Vue 3: `app.use(sse)`. Vue 2.7: `Vue.use(sse)`. Gives components `this.$sse`, and disconnects with the last app of a store. */
  install(app: AppLike): void
  /** Connects the newest store that has this stream, as its action does. Likewise the others. On the server they do nothing. */
  connect(payload?: ConnectPayload): void
  disconnect(): void
  /**
   * Resolves when everything up to this id has reached the store, or a `resync` has passed it.
   *
   * @throws (rejected) SseError as `reached` of the client; `closed` on the server
   */
  reached(id: string): Promise<void>
}

/**
 * A stream for Vuex stores. Put it into the `plugins` of a store, and connect with `store.dispatch('sse/connect')`.
 *
 * It may serve several stores, each with its own connection, as a server render needs.
 *
 * @throws SseError `invalid-option` without a `url`, and in development for any option that is unknown or invalid
 */
export function createSse<Events extends object = RegisteredEvents>(
  options: SseOptions<Events> | SharedSseOptions<Events>,
): SsePlugin {
  const tools = development()
  tools?.checkOptions(options)
  tools?.noteCreation(options)
  // The types of events are for the app. Inside they are whatever the wire brings.
  const any = options as SseOptions<object> as SseOptions<AnyEvents>
  // A URL from the environment may be missing in production only.
  if (!any?.url && !any?.use) {
    throw new SseError('invalid-option', "createSse() needs a `url`: createSse({ url: '/events' })", options)
  }
  const { namespace = 'sse' } = any
  /** Of the newest store. Stores of a server render are not kept. */
  let newest: Session | undefined

  function session(): Session {
    if (newest) return newest
    throw new SseError(
      'invalid-use',
      `The stream '${namespace}' is in no store yet: createStore({ plugins: [sse] })`,
      namespace,
    )
  }

  const plugin: SsePlugin = Object.assign(
    (store: StoreLike) => {
      const stream = registerStream(store, any)
      if (stream.session.connection.client) newest = stream.session
    },
    {
      install(app: AppLike) {
        defineProperty(app, `$${namespace}`, function (this: { readonly $store?: StoreLike }) {
          return sseOf(this.$store, namespace)
        })
        watchApp(
          app,
          ({ $store }: { readonly $store?: StoreLike }) => {
            const session = findStream($store, namespace)?.session
            // Tests of components may have no store.
            if ($store) tools?.warnOfMissingStore(plugin, session ?? newest, namespace)
            return session
          },
          false,
          tools && ((shown, mounted) => tools.showInDevtools(shown, namespace, mounted)),
        )
      },
      connect: (payload?: ConnectPayload) => isServer() || session().methods.connect(payload),
      disconnect: () => isServer() || session().methods.disconnect(),
      reached: async (id: string) => session().methods.reached(id),
    },
  )
  addSession(plugin, () => newest)
  return plugin
}

const isServer = () => typeof window === 'undefined'
