import { type Listener, SseError } from '@sse/client'
import { createState, mutations, type SseModuleState } from './module.ts'
import { type AnyEvents, createSession, type Session } from './session.ts'
import type { StoreLike } from './store.ts'
import type { Sse, SseOptions } from './types.ts'

/** What a store has of a stream. The session is replaced by a hot reload, the rest stays. */
export interface Attached {
  session: Session
  readonly state: () => SseModuleState
  readonly sse: Sse<AnyEvents>
  /** Handlers of components. */
  readonly listeners: Set<Listening>
  /** Apps, or in Vue 2.7 roots, that show the store now. */
  readonly apps: Set<object>
}

export interface Listening {
  readonly event: string
  readonly handler: Listener<never>
  off: () => void
}

const attachments = new WeakMap<StoreLike, Map<string, Attached>>()

export const find = (store: StoreLike | undefined, namespace: string): Attached | undefined =>
  store && attachments.get(store)?.get(namespace)

/**
 * Registers the module in a store. Done again, as a hot reload does, the new options take the place of the former ones: same state and
 * cursor, the handlers of components stay, and there is one connection if there was one.
 *
 * @throws SseError `invalid-option` when the app has a module of this name
 */
export function attach(store: StoreLike, options: SseOptions<AnyEvents>): void {
  const { namespace = 'sse' } = options
  const present = () => (store.state as Record<string, SseModuleState | undefined>)[namespace]
  const commit = (name: string, payload: unknown) => store.commit(`${namespace}/${name}`, payload)
  const known = find(store, namespace)
  if (known) {
    replace(known, createSession({ store, state: known.state, commit }, options))
    return
  }
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
  const session = createSession({ store, state, commit }, options)
  const listeners = new Set<Listening>()
  const attached: Attached = {
    ...{ session, state, listeners, apps: new Set() },
    sse: toSse(store, namespace, state, (event, handler) => listen(attached, event, handler)),
  }
  store.registerModule(namespace, {
    namespaced: true,
    state: () => initial,
    mutations,
    // Of the session as it is then: a hot reload replaces it.
    actions: eachAction(
      (action) => (_: unknown, payload: unknown) => attached.session[action](payload as never),
    ),
  })
  attachments.set(store, (attachments.get(store) ?? new Map()).set(namespace, attached))
}

function replace(attached: Attached, session: Session): void {
  const wasConnected = attached.session.end()
  attached.session = session
  for (const listening of attached.listeners) listening.off = session.on(listening.event, listening.handler)
  if (wasConnected) session.connect()
}

function listen({ listeners, session }: Attached, event: string, handler: Listener<never>): () => void {
  const listening: Listening = { event, handler, off: session.on(event, handler) }
  listeners.add(listening)
  return () => {
    listeners.delete(listening)
    listening.off()
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
  const getters = Object.keys(state()).map((key) => {
    return [key, { enumerable: true, get: () => state()[key as keyof SseModuleState] }]
  })
  return Object.defineProperties({ ...methods, on }, Object.fromEntries(getters)) as Sse<AnyEvents>
}
