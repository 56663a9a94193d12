import { type Listener, SseError } from '@sse/client'
import type { StoreLike } from '../store/store.ts'
import { registerStream } from '../store/store-module.ts'
import { type AnyEvents, createSession, type Session, type SessionContext } from '../stream/session.ts'
import type { SseOptions } from '../types.ts'
import { checkPayload, warnOfMissingResync, warnOfUnmappedEvents } from './warnings.ts'

/** A session that new options can replace, while the store and the components keep using it. */
interface Reloadable extends Session {
  reload(options: SseOptions<AnyEvents>): void
}

/** A handler of a component, on the present session. */
interface Listening {
  readonly event: string
  readonly handler: Listener<never>
  off: () => void
}

/** The streams of a store, by namespace. */
const reloadables = new WeakMap<StoreLike, Map<string, Reloadable>>()

/** When the options of a plugin were created. The time is the number of plugins so far. */
const createdAt = new WeakMap<object, number>()
let now = 0

export function noteCreation(options: object): void {
  createdAt.set(options, ++now)
}

/**
 * Registers a stream in a store. Called again, it replaces the options: the state, the cursor, the handlers of components and the channels
 * subscribed at run time stay, and there is one connection if there was one.
 *
 * @throws SseError `invalid-option` if the store has another stream, or a module, of this name
 */
export function registerReloadable(store: StoreLike, options: SseOptions<AnyEvents>): void {
  const { namespace = 'sse' } = options
  const streams = reloadables.get(store) ?? new Map<string, Reloadable>()
  const known = streams.get(namespace)
  if (known) {
    known.reload(options)
    return
  }
  registerStream(store, options, (context) => {
    const reloadable = createReloadable(context, options)
    reloadables.set(store, streams.set(namespace, reloadable))
    return reloadable
  })
}

/** One version of a stream in a store. */
interface Version {
  readonly session: Session
  readonly context: SessionContext
  readonly options: SseOptions<AnyEvents>
  readonly registeredAt: number
}

function createVersion(given: SessionContext, options: SseOptions<AnyEvents>): Version {
  const context = { ...given, unset: warnOfMissingResync(options) }
  const session = createSession(context, options)
  warnOfUnmappedEvents(session, options)
  return { session, context, options, registeredAt: now }
}

function createReloadable(context: SessionContext, options: SseOptions<AnyEvents>): Reloadable {
  let present = createVersion(context, options)
  const wanted = new Set(options.channels)
  const listeners = new Set<Listening>()
  // On a server no event arrives and no component is unmounted, so its handlers would be kept forever.
  const isServer = typeof window === 'undefined'

  function change(action: 'subscribe' | 'unsubscribe', channels: string | readonly string[]): void {
    present.session[action](channels)
    if (isServer) return
    for (const channel of [channels].flat()) wanted[action === 'subscribe' ? 'add' : 'delete'](channel)
  }

  function reload(options: SseOptions<AnyEvents>): void {
    const former = present
    checkReload(former.options, options, former.registeredAt)
    const next = createVersion(former.context, options)
    const { status } = former.context.state()
    former.session.disconnect()
    former.context.commit = () => {}
    present = next
    takeChannels(new Set(former.options.channels), options.channels ?? [])
    for (const listening of listeners) listening.off = next.session.on(listening.event, listening.handler)
    if (status !== 'idle' && status !== 'closed') next.session.connect()
  }

  /** Applies the run-time changes since the former options to the channels of the new ones. */
  function takeChannels(before: ReadonlySet<string>, next: readonly string[]): void {
    present.session.subscribe([...wanted].filter((channel) => !before.has(channel)))
    present.session.unsubscribe([...before].filter((channel) => !wanted.has(channel)))
    for (const channel of before) if (!next.includes(channel)) wanted.delete(channel)
    for (const channel of next) if (!before.has(channel)) wanted.add(channel)
  }

  return {
    connect(payload) {
      checkPayload(payload)
      present.session.connect(payload)
    },
    disconnect: () => present.session.disconnect(),
    reconnect: () => present.session.reconnect(),
    subscribe: (channels) => change('subscribe', channels),
    unsubscribe: (channels) => change('unsubscribe', channels),
    on(event, handler) {
      const listening: Listening = { event, handler, off: present.session.on(event, handler) }
      if (!isServer) listeners.add(listening)
      return () => {
        listeners.delete(listening)
        listening.off()
      }
    },
    reload,
  }
}

/** A hot reload creates its options after the store got the former ones. Two streams with the same name are both created before. */
function checkReload(former: SseOptions<AnyEvents>, next: SseOptions<AnyEvents>, registeredAt: number): void {
  const { namespace = 'sse', url } = next
  const isOlder = (createdAt.get(next) ?? now) <= registeredAt
  if (next !== former && isOlder) {
    throw new SseError(
      'invalid-option',
      `The store has two streams '${namespace}'. Give one of them another \`namespace\``,
      namespace,
    )
  }
  if (typeof url === 'function' || String(url) === String(former.url)) return
  console.warn(
    `[@sse/vuex] The stream '${namespace}' of ${former.url} was replaced by one of ${url}. If both are wanted, give one of them another \`namespace\`.`,
  )
}
