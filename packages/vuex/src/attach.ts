import { SseError } from '@sse/client'
import { createState, mutations, type SseModuleState } from './module.ts'
import { type AnyEvents, createSession, type Session } from './session.ts'
import type { StoreLike } from './store.ts'
import type { ConnectPayload, Sse, SseOptions } from './types.ts'

interface Attached {
  readonly session: Session
  readonly sse: Sse<AnyEvents>
}

const attachments = new WeakMap<StoreLike, Map<string, Attached>>()

/**
 * Registers the module in a store. Done again, as a hot reload does, it takes the place of the former one: same cursor, and one connection
 * if there was one.
 *
 * @throws SseError `invalid-option` when the app has a module of this name
 */
export function attach(store: StoreLike, options: SseOptions<AnyEvents>): void {
  const { namespace = 'sse' } = options
  const known = attachments.get(store) ?? new Map<string, Attached>()
  const former = known.get(namespace)?.session
  if (!former && store.hasModule(namespace)) {
    const message = `The store has a module named '${namespace}': give another name as \`namespace\``
    throw new SseError('invalid-option', message, namespace)
  }
  const goOn = former?.isRunning
  former?.disconnect()

  const present = () => (store.state as Record<string, SseModuleState | undefined>)[namespace]
  // There is a state before there is a module when a server has rendered the page.
  const initial = createState(present()?.lastEventId ?? options.lastEventId ?? '')
  if (former) store.unregisterModule(namespace)
  const state = () => present() ?? initial
  const commit = (name: string, payload: unknown) => store.commit(`${namespace}/${name}`, payload)
  const session = createSession({ store, state, commit }, options)
  store.registerModule(namespace, {
    namespaced: true,
    state: () => initial,
    mutations,
    actions: toActions(session),
  })
  attachments.set(store, known.set(namespace, { session, sse: toSse(store, namespace, session, state) }))
  if (goOn) session.connect()
}

/**
 * The stream of a store, for its components.
 *
 * @throws SseError `invalid-use` when there is none
 */
export function sseOf(store: StoreLike | undefined, namespace: string): Sse<AnyEvents> {
  const attached = store && attachments.get(store)?.get(namespace)
  if (attached) return attached.sse
  throw new SseError(
    'invalid-use',
    `No stream named '${namespace}': put createSse(…) into the \`plugins\` of the store, and the store into the app`,
    namespace,
  )
}

export function disconnect(store: StoreLike | undefined, namespace: string): void {
  if (store) attachments.get(store)?.get(namespace)?.session.disconnect()
}

function toActions(session: Session) {
  return {
    connect: (_: unknown, payload?: ConnectPayload) => session.connect(payload),
    disconnect: () => session.disconnect(),
    reconnect: () => session.reconnect(),
    subscribe: (_: unknown, channels: string | readonly string[]) => session.subscribe(channels),
    unsubscribe: (_: unknown, channels: string | readonly string[]) => session.unsubscribe(channels),
  }
}

/** Everything is read from the store at the moment it is asked for, so that it holds after a `replaceState` too. */
function toSse(
  store: StoreLike,
  namespace: string,
  session: Session,
  state: () => SseModuleState,
): Sse<AnyEvents> {
  const dispatch = (action: string) => (payload?: unknown) =>
    store.dispatch(`${namespace}/${action}`, payload)
  const actions = {
    connect: dispatch('connect'),
    disconnect: dispatch('disconnect'),
    reconnect: dispatch('reconnect'),
    subscribe: dispatch('subscribe'),
    unsubscribe: dispatch('unsubscribe'),
    on: session.on,
  }
  const keys = Object.keys(state()) as (keyof SseModuleState)[]
  const getters = keys.map((key) => [key, { enumerable: true, get: () => state()[key] }])
  return Object.defineProperties(actions, Object.fromEntries(getters)) as typeof actions & SseModuleState
}
