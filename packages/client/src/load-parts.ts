import { createFeatures } from './features/features.ts'
import type { ClientInternals, ClientResync } from './internals.ts'
import { createResync, type ReceivedEvent } from './resync/resync.ts'
import type { ResyncOption } from './types.ts'

/**
 * Gives a client the parts that its options ask for.
 *
 * @param isOver whether the attempt that they are loaded for is over. Default: they are loaded for none
 */
export async function loadParts(client: ClientInternals, isOver = () => true): Promise<void> {
  const { options } = client
  client.features ??= createFeatures(client)
  if (options.resync) client.resync ??= createClientResync(client, options.resync)
  // Tabs can share in a page or a worker that has Web Locks and BroadcastChannel.
  if (!options.share || !globalThis.location || !navigator.locks || !globalThis.BroadcastChannel) return
  const { createSharedConnection } = await import('./share/shared-connection.ts')
  if (isOver()) return
  const own = client.active()
  client.shared = createSharedConnection(client)
  own.close()
  client.shared.connect()
}

/** A resync for everything that the listeners of a client receive. */
function createClientResync(client: ClientInternals, load: ResyncOption): ClientResync {
  const { active, clock, cursor, events } = client
  let stale = false
  /** The id of the event before. */
  let before = ''
  const resync = createResync({
    load: () => load,
    clock,
    get stale() {
      return stale
    },
    set stale(next) {
      if (next === stale) return
      stale = next
      events.emit(stale, { event: 'sse.stale', id: cursor.received })
    },
    get received() {
      return cursor.received
    },
    get told() {
      return cursor.told
    },
    status: () => active().state.status,
    given: (at) => client.resumedFrom === 'app' && at,
    tell: (id) => cursor.tell(id),
    passed(position) {
      for (const watch of client.watchers ?? []) watch(position)
    },
    restart(at) {
      events.clear()
      cursor.give(at)
      before = at
      if (client.shared) client.shared.rejoin()
      else active().connect()
    },
    report: events.report,
  })
  events.on('sse.state', resync.changed)
  return {
    get stale() {
      return stale
    },
    get position() {
      return resync.position
    },
    receive(event: Omit<ReceivedEvent, 'hasOwnId'>) {
      const { id } = event
      const hasOwnId = id !== '' && id !== before
      before = id
      resync.receive({ ...event, hasOwnId })
    },
    cancel: resync.cancel,
  }
}
