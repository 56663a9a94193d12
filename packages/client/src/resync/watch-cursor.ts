import type { ClientInternals } from '../internals.ts'

/**
 * Functions that are called with every position that the listeners have passed. Most clients have none, so the cursor knows of them only from
 * the first call on.
 */
export function watchCursor(client: ClientInternals): Set<(position: string) => void> {
  if (!client.watchers) {
    const { cursor } = client
    const watchers = new Set<(position: string) => void>()
    const { tell } = cursor
    cursor.tell = (position) => {
      tell(position)
      for (const watch of watchers) watch(position)
    }
    client.watchers = watchers
  }
  return client.watchers
}
