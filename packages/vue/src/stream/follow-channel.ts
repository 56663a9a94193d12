import type { Consumer, ReceivedEvent } from '@sse/client/internal'
import { onScopeDispose, type Ref, watch } from 'vue'
import { type ChannelName, nameOf } from '../components/channel-name.ts'
import type { Receiver } from './receiver.ts'

/** What the client says of a channel. */
export interface Said {
  readonly channel: string
}

/** The end of a channel, its records or its members. */
export type SaidKind = 'end' | 'records' | 'presence'

/**
 * Follows what the client says of a channel, until the present effect scope ends. It is handed over per frame, after the events that came before it.
 * Of several changes in one frame, only the newest is handed over. Loaded beside the page.
 *
 * @param said gets what the client says; undefined: it has said nothing of this channel yet
 */
export function followChannel(
  receiver: Receiver,
  channel: ChannelName,
  kind: SaidKind,
  said: Ref<Said | undefined>,
): void {
  function follow(name: string | undefined): () => void {
    if (!name) return () => {}
    let newest: Said | undefined
    let isWaiting = false
    let isOn = true
    const run = () => {
      isWaiting = false
      if (isOn) said.value = newest
    }
    // No load of the app has it, so it waits for none.
    const consumer: Pick<Consumer, 'receive'> = {
      receive({ value, emit }: ReceivedEvent) {
        if ((value as Said).channel !== name) return
        newest = value as Said
        if (isWaiting) return
        isWaiting = true
        emit()
      },
    }
    const off = receiver.listen(
      kind === 'end' ? 'sse.end' : `sse.${kind}:${name}`,
      [{ run, isCall: true }],
      consumer,
    )
    return () => {
      isOn = false
      off()
    }
  }

  let end = follow(nameOf(channel))
  watch(
    () => nameOf(channel),
    (name) => {
      end()
      said.value = undefined
      end = follow(name)
    },
  )
  onScopeDispose(() => end())
}
