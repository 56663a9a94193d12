import { SseError } from '@sse/client'
import { createState, mutations, type SseModuleState } from '../stream/state.ts'
import { type AnyEvents, createSession, type Session } from '../stream/session.ts'
import type { StoreLike } from './store.ts'
import type { Sse, SseOptions } from '../types.ts'

/** What a store has of a stream. */
export interface Attached {
  readonly session: Session
  readonly sse: Sse<AnyEvents>
  /** Apps, or in Vue 2.7 roots, that show the store now. */
  readonly apps: Set<object>
}

const attachments = new WeakMap<StoreLike, Map<string, Attached>>()

export const find = (store: StoreLike | undefined, namespace: string): Attached | undefined =>
  store && attachments.get(store)?.get(namespace)

/**
 * Registers the module in a store.
 *
 * @param create makes the session
 * @throws SseError `invalid-option` when the store has a module of this name
 */
export function attach(
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
  // There is a state before there is a module when a server has rendered the page.
  const initial = createState(present()?.lastEventId ?? options.lastEventId ?? '')
  const state = () => present() ?? initial
  const commit = (name: string, payload: unknown) => store.commit(`${namespace}/${name}`, payload)
  const session = create({ store, state, commit }, options)
  store.registerModule(namespace, {
    namespaced: true,
    state: () => initial,
    mutations,
    actions: eachAction((action) => (_: unknown, payload: unknown) => session[action](payload as never)),
  })
  keepState(store, namespace, present)
  const attached: Attached = { session, sse: toSse(store, namespace, state, session.on), apps: new Set() }
  attachments.set(store, (attachments.get(store) ?? new Map()).set(namespace, attached))
}

/** Not part of `StoreLike`: Vuex would take the type of a store's state from it. */
interface Replaceable {
  replaceState(state: object): void
}

/** A `replaceState` by a state without the module, as one that was saved without it, leaves the module's state as it is. */
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
 * @throws SseError `invalid-use` when there is none
 */
export function sseOf(store: StoreLike | undefined, namespace: string): Sse<AnyEvents> {
  const attached = find(store, namespace)
  if (attached) return attached.sse
  throw new SseError(
    'invalid-use',
    `No stream '${namespace}': give the store createSse(), and the app the store`,
    namespace,
  )
}

/** What can be done: by action of the store, and by what components have. */
const ACTIONS = ['connect', 'disconnect', 'reconnect', 'subscribe', 'unsubscribe'] as const

const eachAction = <Made>(make: (action: (typeof ACTIONS)[number]) => Made) =>
  Object.fromEntries(ACTIONS.map((action) => [action, make(action)]))

/** Everything is read from the store at the moment it is asked for, so that it holds after a `replaceState` too. */
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
