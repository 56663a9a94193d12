import { SseError } from '@sse/client'
import { type AnyEvents, createSession, type Session } from '../stream/session.ts'
import { createState, mutations, type SseModuleState } from '../stream/state.ts'
import type { Sse, SseOptions } from '../types.ts'
import { callStore, type SseMapping, toTargets } from './mapping.ts'
import type { StoreLike } from './store.ts'

/** A stream that is registered in a store. */
export interface StoreStream {
  readonly session: Session
  readonly sse: Sse<AnyEvents>
  /** Mounted apps of the store, or in Vue 2.7 mounted roots. */
  readonly apps: Set<object>
}

const streams = new WeakMap<StoreLike, Map<string, StoreStream>>()

export const findStream = (store: StoreLike | undefined, namespace: string): StoreStream | undefined =>
  store && streams.get(store)?.get(namespace)

/**
 * Registers a stream in a store, as a module.
 *
 * @param create makes the session
 * @throws SseError `invalid-option` if the store has a module of this name
 */
export function registerStream(
  store: StoreLike,
  options: SseOptions<AnyEvents>,
  create: typeof createSession = createSession,
): void {
  const { namespace = 'sse' } = options
  const present = () => (store.state as Record<string, SseModuleState | undefined>)[namespace]
  if (store.hasModule(namespace)) {
    throw new SseError(
      'invalid-option',
      `The store has a module '${namespace}': choose another namespace`,
      namespace,
    )
  }
  // If a server has rendered the page, there is a state before there is a module.
  const initial = createState(present()?.lastEventId ?? options.lastEventId ?? '')
  const state = () => present() ?? initial
  const session = create(
    {
      state,
      commit: (name: string, payload: unknown) => store.commit(`${namespace}/${name}`, payload),
      toTargets: (mapping) => toTargets(store, mapping as SseMapping<unknown>),
      dispatch: (name, cause) => callStore(store, 'dispatch', name, cause, 'resync'),
    },
    options,
  )
  store.registerModule(namespace, {
    namespaced: true,
    state: () => initial,
    mutations,
    actions: eachAction((action) => (_: unknown, payload: unknown) => session[action](payload as never)),
  })
  keepState(store, namespace, present)
  const stream: StoreStream = { session, sse: toSse(store, namespace, state, session.on), apps: new Set() }
  streams.set(store, (streams.get(store) ?? new Map()).set(namespace, stream))
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
export function sseOf(store: StoreLike | undefined, namespace: string): Sse<AnyEvents> {
  const stream = findStream(store, namespace)
  if (stream) return stream.sse
  throw new SseError(
    'invalid-use',
    `No stream '${namespace}': give the store createSse(), and the app the store`,
    namespace,
  )
}

/** The actions of the module, and the methods of components. */
const ACTIONS = ['connect', 'disconnect', 'reconnect', 'subscribe', 'unsubscribe'] as const

const eachAction = <Made>(make: (action: (typeof ACTIONS)[number]) => Made) =>
  Object.fromEntries(ACTIONS.map((action) => [action, make(action)]))

/** Reads the store at every access, so it is still right after a `replaceState`. */
function toSse(
  store: StoreLike,
  namespace: string,
  state: () => SseModuleState,
  on: Sse<AnyEvents>['on'],
): Sse<AnyEvents> {
  const methods = eachAction(
    (action) => (payload?: unknown) => store.dispatch(`${namespace}/${action}`, payload),
  )
  const getters = Object.keys(createState('')).map((key) => {
    return [key, { enumerable: true, get: () => state()[key as keyof SseModuleState] }]
  })
  return Object.defineProperties({ ...methods, on }, Object.fromEntries(getters)) as Sse<AnyEvents>
}
