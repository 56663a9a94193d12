import {
  createSse as createSseOfVue,
  type RegisteredEvents,
  type SharedSseOptions,
  type SseOptions,
  type SsePlugin as VuePlugin,
} from '@sse/vue'
import { addSession, type Session, sessionOf, twoStreams } from '@sse/vue/internal'
import type { Pinia, PiniaPluginContext } from 'pinia'
import { development } from './development/development.ts'
import { takePositions } from './positions.ts'
import { addStore, type PiniaStream, type StoreContext } from './store.ts'

/** A stream, and the plugin for Pinia and for an app. */
export interface SsePlugin<Events extends object = RegisteredEvents> extends VuePlugin<Events> {
  /** `pinia.use(sse)`: stores receive what their option `sse` says. */
  (context: PiniaPluginContext): void
}

/** The streams of each Pinia, by name. */
const streams = new WeakMap<Pinia, Map<string, PiniaStream>>()

/**
 * A stream for Pinia stores and components: `pinia.use(sse)`, and `app.use(sse)` or `Vue.use(sse)`. It connects with the first app that is
 * mounted, and disconnects with the last one. Stores say in their option `sse` which events they take.
 *
 * @throws SseError as `createSse` of `@sse/vue`
 */
export function createSse<Events extends object = RegisteredEvents>(
  options: SseOptions<Events> | SharedSseOptions,
): SsePlugin<Events> {
  const tools = development()
  tools?.checkStream(options)
  const sse = createSseOfVue<Events>(options)
  const { namespace = 'sse' } = options
  const session = () => sessionOf(sse) as Session

  function plugin(context: PiniaPluginContext): void {
    const { app, pinia } = context
    const known = streams.get(pinia) ?? new Map<string, PiniaStream>()
    streams.set(pinia, known)
    // After a hot reload, the app's stream is the former one with new options.
    if (known.get(namespace) && known.get(namespace)?.session !== session()) sse.install(app)
    const stream = known.get(namespace) ?? {
      ...{ namespace, session: session(), stores: new Map() },
      positions: takePositions(pinia, namespace, session()),
    }
    if (stream.session !== session()) throw twoStreams(namespace)
    known.set(namespace, stream)
    addStore(context as StoreContext, stream, known, tools)
  }
  tools?.warnWithoutPinia(session(), streams, namespace)

  // The object of @sse/vue changes with a hot reload.
  const properties = Object.keys(sse).map((name) => {
    return [name, { configurable: true, enumerable: true, get: () => sse[name as keyof typeof sse] }]
  })
  addSession(plugin, session)
  return Object.defineProperties(plugin, Object.fromEntries(properties)) as SsePlugin<Events>
}
