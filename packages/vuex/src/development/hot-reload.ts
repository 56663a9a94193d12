import { type Listener, SseError } from '@sse/client'
import { attach } from '../store/store-module.ts'
import { type AnyEvents, createSession, type Session, type SessionContext } from '../stream/session.ts'
import type { StoreLike } from '../store/store.ts'
import type { SseOptions } from '../types.ts'
import { checkPayload, warnOfMissing, warnOfUnmapped } from './warnings.ts'

/** A session that new options can replace, while the store and the components go on with it. */
interface Reloadable extends Session {
  reload(options: SseOptions<AnyEvents>): void
}

/** A handler of a component, on the session as it is now. */
interface Listening {
  readonly event: string
  readonly handler: Listener<never>
  off: () => void
}

/** The streams of a store, by namespace. */
const reloadables = new WeakMap<StoreLike, Map<string, Reloadable>>()

/** When the options of a plugin were given, on a clock that counts plugins. */
const createdAt = new WeakMap<object, number>()
let now = 0

export function noteCreation(options: object): void {
  createdAt.set(options, ++now)
}

/**
 * Attaches a stream to a store. Done again, the new options take the place of the former ones: same state and cursor, the handlers of
 * components and the channels asked for at run time stay, and there is one connection if there was one.
 *
 * @throws SseError `invalid-option` when the store has another stream, or a module, of this name
 */
export function attachReloadable(store: StoreLike, options: SseOptions<AnyEvents>): void {
  const { namespace = 'sse' } = options
  const streams = reloadables.get(store) ?? new Map<string, Reloadable>()
  const known = streams.get(namespace)
  if (known) {
    known.reload(options)
    return
  }
  attach(store, options, (context) => {
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
  readonly attachedAt: number
}

function createVersion(given: SessionContext, options: SseOptions<AnyEvents>): Version {
  const context = { ...given, unset: warnOfMissing(options) }
  const session = createSession(context, options)
  warnOfUnmapped(session, options)
  return { session, context, options, attachedAt: now }
}

function createReloadable(context: SessionContext, options: SseOptions<AnyEvents>): Reloadable {
  let present = createVersion(context, options)
  const wanted = new Set(options.channels)
  const listeners = new Set<Listening>()
  // A server render ends no component, and there no event comes: what is kept for one would be kept for good.
  const isServer = typeof window === 'undefined'

  function wish(action: 'subscribe' | 'unsubscribe', channels: string | readonly string[]): void {
    present.session[action](channels)
    if (isServer) return
    for (const channel of [channels].flat()) wanted[action === 'subscribe' ? 'add' : 'delete'](channel)
  }

  function reload(options: SseOptions<AnyEvents>): void {
    const former = present
    checkReload(former.options, options, former.attachedAt)
    const next = createVersion(former.context, options)
    const { status } = former.context.state()
    former.session.disconnect()
    former.context.commit = () => {}
    present = next
    takeWishes(new Set(former.options.channels), options.channels ?? [])
    for (const listening of listeners) listening.off = next.session.on(listening.event, listening.handler)
    if (status !== 'idle' && status !== 'closed') next.session.connect()
  }

  /** The channels of the new options, with what has changed at run time since the former ones. */
  function takeWishes(before: ReadonlySet<string>, next: readonly string[]): void {
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
    subscribe: (channels) => wish('subscribe', channels),
    unsubscribe: (channels) => wish('unsubscribe', channels),
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

/** Options of a hot reload are made after the store got the former ones. Two streams that were given one name are both made before. */
function checkReload(former: SseOptions<AnyEvents>, next: SseOptions<AnyEvents>, attachedAt: number): void {
  const { namespace = 'sse', url } = next
  const isOlder = (createdAt.get(next) ?? now) <= attachedAt
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
