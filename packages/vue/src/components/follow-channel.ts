import type { Consumer, ReceivedEvent } from '@sse/client/internal'
import { effectScope, onScopeDispose, watch } from 'vue'
import type { Session } from '../stream/session.ts'
import { type ChannelName, nameOf } from './channel-name.ts'

/**
 * Follows what the client says of a channel, until the component or the effect scope ends. It is handed over per frame, after the events that came
 * before it. Of several changes in one frame, only the newest is handed over. A server render follows nothing.
 *
 * @param eventOf the name under which the client emits it
 * @param change called with what the client says; undefined: it has said nothing of this channel yet
 */
export function followChannel<Said extends { readonly channel: string }>(
  session: Session,
  channel: ChannelName,
  eventOf: (channel: string) => string,
  change: (said: Said | undefined) => void,
): void {
  if (!session.connection.client) return
  const scope = effectScope()
  session.use((receiver) => {
    if (!scope.active) return

    function follow(name: string | undefined): () => void {
      if (!name) return () => {}
      let newest: Said | undefined
      let isWaiting = false
      let isOn = true
      const run = () => {
        isWaiting = false
        if (isOn) change(newest)
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
      const off = receiver.listen(eventOf(name), [{ run, isCall: true }], consumer)
      return () => {
        isOn = false
        off()
      }
    }

    scope.run(() => {
      let end = follow(nameOf(channel))
      watch(
        () => nameOf(channel),
        (name) => {
          end()
          change(undefined)
          end = follow(name)
        },
      )
      onScopeDispose(() => end())
    })
  })
}
