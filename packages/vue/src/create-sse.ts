import { SseError, type UrlOption } from '@sse/client'
import { shallowReactive } from 'vue'
import { type AppLike, defineProperty, propertiesOf, watchApp } from './components/lifetime.ts'
import { development } from './development/development.ts'
import type { DehydratedSse, Hydration } from './list/dehydrated.ts'
import { parts } from './load-parts.ts'
import type { RegisteredEvents } from './register.ts'
import {
  type AnyEvents,
  type Connection,
  type ConnectionOptions,
  createConnection,
} from './stream/connection.ts'
import { addSession, sessionOf } from './stream/find-session.ts'
import { createSession, logError, type SessionOptions } from './stream/session.ts'
import { createState } from './stream/state.ts'
import { toSse } from './stream/to-sse.ts'
import type { SharedSseOptions, SseOptions, SsePlugin, SseSource } from './types.ts'

/**
 * A stream for the components of an app, without a store. Give it to the app: `app.use(sse)`, or `Vue.use(sse)` in Vue 2.7. It connects with the first
 * app that is mounted, and disconnects with the last one.
 *
 * @throws SseError `invalid-option` without a `url`, and in development for any option that is unknown or invalid
 */
export function createSse<Events extends object = RegisteredEvents>(
  options: SseOptions<Events> | SharedSseOptions,
): SsePlugin<Events> {
  const tools = development()
  tools?.check(options)
  tools?.noteCreation(options)
  // The types of events are for the app. Inside they are whatever the wire brings.
  const given = options as SseOptions<object> as SseOptions<AnyEvents>
  const connection = toConnection(given)
  tools?.track(connection, given.url)
  const { connect = true, hydrate, namespace = 'sse' } = given
  const state = shallowReactive(createState(given.lastEventId ?? hydrate?.lastEventId ?? ''))
  let session = createSession(
    {
      state: () => state,
      // Where there is no window, requests share the object, so nothing is kept.
      commit(name, payload) {
        if (!connection.client) return
        // Before the other parts are there, only the status changes.
        if (parts) parts.mutations[name](state, payload as never)
        else Object.assign(state, payload)
      },
    },
    connection,
    toSessionOptions(given),
  )
  tools?.checkMethods(session)
  const renderings: Hydration['renderings'] = new WeakMap()
  session.hydration = { ...hydrate, lists: { ...hydrate?.lists }, renderings }

  const sse = toSse(
    {
      ...session.methods,
      dehydrate: (app: object): DehydratedSse => renderings.get(app) ?? { lists: {} },
      install(app: AppLike) {
        const present = sessionOf((propertiesOf(app) as Readonly<Record<string, unknown>>)[`$${namespace}`])
        if (present && present !== session) {
          if (!tools || present.connection === connection) throw twoStreams(namespace)
          // After a hot reload, this object is another name for the stream that the app has.
          const { client, ...rest } = { client: toClientOptions(given), url: given.url, by: '@sse/vue' }
          tools.replaceStream(present, undefined, {
            ...rest,
            client,
            options: given,
            session: toSessionOptions(given),
          })
          session = present
          Object.assign(sse, present.methods)
          return
        }
        tools?.noteInstall(session, app)
        defineProperty(app, `$${namespace}`, () => sse)
        if (present) return
        watchApp(
          app,
          () => session,
          connect && !given.use,
          tools && ((shown, mounted) => tools.entered(shown, namespace, mounted)),
        )
      },
    },
    () => session.state(),
  )
  tools?.checkDehydrate(sse)
  addSession(sse, () => session)
  return sse as SsePlugin<object> as SsePlugin<Events>
}

export const twoStreams = (namespace: string): SseError =>
  new SseError('invalid-option', `Two streams '${namespace}': rename one by \`namespace\``, namespace)

/** What concerns the connection, whichever package it is for. */
interface AnyOptions extends ConnectionOptions {
  readonly url: UrlOption
  readonly use?: SseSource | undefined
  readonly events?: unknown
  readonly resync?: unknown
}

/**
 * The connection of a stream: its own, or that of another one.
 *
 * @throws SseError `invalid-option`
 */
export function toConnection(options: AnyOptions): Connection {
  // A URL from the environment may be missing in production only.
  if (options?.url) return createConnection(options.url, toClientOptions(options))
  const use = options?.use
  const session = sessionOf(use)
  if (session) return session.connection
  throw new SseError(
    'invalid-option',
    use
      ? '`use` takes the object of createSse()'
      : "createSse() needs a `url`: createSse({ url: '/events' })",
    use ?? options,
  )
}

/** Without the options that mean something else to the client. */
export function toClientOptions({ events: _, resync: __, ...rest }: AnyOptions): ConnectionOptions {
  return { ...rest, onError: rest.onError ?? logError }
}

function toSessionOptions({ resync, ...options }: SseOptions<AnyEvents>): SessionOptions {
  const isHydrated = !!options.hydrate && !options.lastEventId
  return { ...options, isHydrated, load: resync }
}
