import { onScopeDispose, type Ref, unref, watch } from 'vue'
import { findSession } from '../stream/find-session.ts'
import type { SseSource } from '../types.ts'

/** The name of a channel, a ref of it, or a function that gives it. Empty or undefined: none. */
export type ChannelName = string | undefined | Ref<string | undefined> | (() => string | undefined)

export const nameOf = (channel: ChannelName): string | undefined =>
  (typeof channel === 'function' ? channel() : unref(channel)) || undefined

/**
 * Joins a channel while any component needs it. When the name changes, the new channel is joined and the old one left on the open stream, without a
 * reconnect. A server render joins nothing.
 *
 * @param stream the stream's `namespace`, or the object of `createSse`. Default: `sse`
 * @throws SseError `invalid-use` outside of `setup`, and if the app does not have the stream; `invalid-channel` for a name that cannot be one
 */
export function useSseChannel(channel: ChannelName, stream: string | SseSource = 'sse'): void {
  const { connection } = findSession(stream, 'useSseChannel')
  if (!connection.client) return
  const join = (name: string | undefined) => (name ? connection.join(name) : () => {})
  let leave = join(nameOf(channel))
  watch(
    () => nameOf(channel),
    (name) => {
      // Joined before the other is left, so the stream never has to end.
      const former = leave
      leave = join(name)
      former()
    },
  )
  onScopeDispose(() => leave())
}
