import type { SseEnd } from '@sse/client'
import { onScopeDispose, type Ref, shallowRef, watch } from 'vue'
import { findSession } from '../stream/find-session.ts'
import type { SseSource } from '../types.ts'
import { type ChannelName, nameOf } from './channel-name.ts'
import { followChannel } from './follow-channel.ts'

export interface SseChannelRefs {
  /** Why the channel has ended, after everything that was published to it before. Undefined: it has not. */
  readonly ended: Readonly<Ref<string | undefined>>
}

/**
 * Joins a channel while any component needs it. When the name changes, the new channel is joined and the old one left on the open stream, without a
 * reconnect. A server render joins nothing.
 *
 * @returns whether the channel has ended
 * @param stream the stream's `namespace`, or the object of `createSse`. Default: `sse`
 * @throws SseError `invalid-use` outside of `setup`, and if the app does not have the stream; `invalid-channel` for a name that cannot be one
 */
export function useSseChannel(channel: ChannelName, stream: string | SseSource = 'sse'): SseChannelRefs {
  const session = findSession(stream, 'useSseChannel')
  const { connection } = session
  const ended = shallowRef<string>()
  if (!connection.client) return { ended }
  followChannel<SseEnd>(
    session,
    channel,
    () => 'sse.end',
    (end) => {
      ended.value = end?.reason
    },
  )
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
  return { ended }
}
