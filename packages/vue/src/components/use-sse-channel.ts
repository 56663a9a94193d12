import type { SseEnd } from '@sse/client'
import { computed, type Ref } from 'vue'
import type { SseSource } from '../types.ts'
import type { ChannelName } from './channel-name.ts'
import { useOnChannel } from './use-on-channel.ts'

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
export function useSseChannel(channel: ChannelName, stream?: string | SseSource): SseChannelRefs {
  const end = useOnChannel('end', 'useSseChannel', channel, stream) as Readonly<Ref<SseEnd | undefined>>
  return { ended: computed(() => end.value?.reason) }
}
