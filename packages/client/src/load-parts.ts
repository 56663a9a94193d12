import type { ClientInternals } from './internals.ts'
import { createResync } from './resync/resync.ts'

/**
 * Gives a client the parts that its options ask for.
 *
 * @param isOver whether the attempt that they are loaded for is over
 */
export async function loadParts(client: ClientInternals, isOver: () => boolean): Promise<void> {
  const { options } = client
  if (options.resync) client.resync ??= createResync(client, options.resync)
  // Tabs can share in a page or a worker that has Web Locks and BroadcastChannel.
  if (!options.share || !globalThis.location || !navigator.locks || !globalThis.BroadcastChannel) return
  const { createSharedConnection } = await import('./share/shared-connection.ts')
  if (isOver()) return
  const own = client.active()
  client.shared = createSharedConnection(client)
  own.close()
  client.shared.connect()
}
