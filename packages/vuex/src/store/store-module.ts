import { type RegisteredEvents, SseError, type SseResyncCause } from '@sse/vue'
import {
  type AnyEvents,
  addSession,
  createSession,
  createState,
  mutations,
  type Session,
  type SessionOptions,
  toClientOptions,
  toConnection,
  toSse,
  twoStreams,
} from '@sse/vue/internal'
import { development } from '../development/development.ts'
import type { Sse, SseModuleState, SseOptions } from '../types.ts'
import { callStore, type SseMapping, toTargets } from './mapping.ts'
import type { StoreLike } from './store.ts'

/** A stream that is registered in a store. */
export interface StoreStream {
  readonly session: Session
  readonly sse: Sse<AnyEvents>
  options: SseOptions<AnyEvents>
}

const streams = new WeakMap<StoreLike, Map<string, StoreStream>>()

export const findStream = (store: StoreLike | undefined, namespace: string): StoreStream | undefined =>
  store && streams.get(store)?.get(namespace)

/**
 * Registers a stream in a store, as a module. In development, options of a hot reload replace those of before.
 *
 * @throws SseError `invalid-option` if the store has another stream, or a module, of this name
 */
export function registerStream(store: StoreLike, options: SseOptions<AnyEvents>): StoreStream {
  const { namespace = 'sse' } = options
  const tools = development()
  const known = findStream(store, namespace)
  if (known) {
    if (!tools) throw twoStreams(namespace)
    const next = { ...{ options, url: options.url, by: '@sse/vuex' }, client: toClientOptions(options) }
    tools.replaceStream(known.session, known.options, { ...next, session: toSessionOptions(store, options) })
    known.options = options
    return known
  }
  const present = () => (store.state as Record<string, SseModuleState | undefined>)[namespace]
  if (store.hasModule(namespace)) {
    throw new SseError(
      'invalid-option',
      `The store has a module '${namespace}': choose another namespace`,
      namespace,
    )
  }
  const connection = toConnection(options)
  // If a server has rendered the page, there is a state before there is a module.
  const initial = createState(present()?.lastEventId ?? options.lastEventId ?? '')
  const state = () => present() ?? initial
  store.registerModule(namespace, {
    namespaced: true,
    state: () => initial,
    mutations,
    actions: eachAction(
      (action) => (_: unknown, payload: unknown) => session.methods[action](payload as never),
    ),
  })
  keepState(store, namespace, present)
  tools?.track(connection, options.url)
  const commit = (name: string, payload: unknown) => store.commit(`${namespace}/${name}`, payload)
  const session = createSession({ state, commit }, connection, toSessionOptions(store, options))
  const methods = eachAction(
    (action) => (payload?: unknown) => store.dispatch(`${namespace}/${action}`, payload),
  ) as Pick<Sse<AnyEvents>, (typeof ACTIONS)[number]>
  tools?.checkMethods(session)
  const { on, reached } = session.methods
  const sse: Sse<AnyEvents> = toSse({ ...methods, on, reached }, state)
  const stream: StoreStream = { session, sse, options }
  addSession(stream.sse, () => session)
  streams.set(store, (streams.get(store) ?? new Map()).set(namespace, stream))
  tools?.noteUse(session)
  tools?.warnOfMissingResync(session, () => stream.options)
  tools?.warnOfUnmappedEvents(session, () => stream.options)
  return stream
}

function toSessionOptions(store: StoreLike, options: SseOptions<AnyEvents>): SessionOptions {
  const { events, records, presence, resync, ...rest } = options
  const targets = Object.entries({ events, records, presence }).flatMap(([option, mappings]) =>
    Object.entries(mappings ?? {}).map(([name, mapping]) => [
      option === 'events' ? name : `sse.${option}:${name}`,
      mapping && toTargets(store, mapping as SseMapping<unknown>, `${option}.${name}`),
    ]),
  )
  const load =
    resync &&
    // Plain data, as the payload of an action has to be.
    (({ reason }: SseResyncCause) =>
      typeof resync === 'object'
        ? callStore(store, 'dispatch', resync.dispatch, { reason }, 'resync')
        : resync({ reason }))
  return { ...rest, targets: Object.fromEntries(targets), load: load || undefined }
}

/** Not part of `StoreLike`, because Vuex would infer the type of a store's state from it. */
interface Replaceable {
  replaceState(state: object): void
}

/** `replaceState` with a state without the module, such as an older saved one, keeps the module's state. */
function keepState(store: StoreLike, namespace: string, present: () => SseModuleState | undefined): void {
  const replaceable = store as StoreLike & Replaceable
  const { replaceState } = replaceable
  replaceable.replaceState = (next) => {
    const isWhole = !!(next as Readonly<Record<string, unknown>>)[namespace]
    replaceState.call(store, isWhole ? next : { ...next, [namespace]: present() })
  }
}

/**
 * The stream of a store, for its components.
 *
 * @throws SseError `invalid-use` if there is none
 */
export function sseOf<Namespace extends string>(
  store: StoreLike | undefined,
  namespace: Namespace,
): Sse<RegisteredEvents<Namespace>> {
  const stream = findStream(store, namespace)
  if (stream) return stream.sse as Sse<object> as Sse<RegisteredEvents<Namespace>>
  throw new SseError(
    'invalid-use',
    `No stream '${namespace}': give the store \`plugins: [sse]\`, and the app the store`,
    namespace,
  )
}

/** The actions of the module, and the methods of components. */
const ACTIONS = ['connect', 'disconnect', 'reconnect', 'subscribe', 'unsubscribe'] as const

const eachAction = <Made>(make: (action: (typeof ACTIONS)[number]) => Made) =>
  Object.fromEntries(ACTIONS.map((action) => [action, make(action)]))
