import { effectScope, type Ref, shallowRef } from 'vue'
import { parts } from '../load-parts.ts'
import type { Said } from '../stream/follow-channel.ts'
import type { Receiver } from '../stream/receiver.ts'
import type { Session } from '../stream/session.ts'
import { type ChannelName, nameOf } from './channel-name.ts'

/** Runs in the present effect scope once what receives the events is loaded, unless the scope has ended. Never on a server. */
export function inScope(session: Session, run: (receiver: Receiver) => void): void {
  const scope = effectScope()
  session.use((receiver) => {
    if (scope.active) scope.run(() => run(receiver))
  })
}

/** What the client says of a channel, as of the last frame. Undefined: it has said nothing. */
export function useSaid(
  session: Session,
  channel: ChannelName,
  eventOf: (channel: string) => string,
): Readonly<Ref<Said | undefined>> {
  const newest = shallowRef<Said>()
  inScope(session, (receiver) => {
    parts!.followChannel(
      receiver,
      () => nameOf(channel),
      eventOf,
      (said) => {
        newest.value = said
      },
    )
  })
  return newest
}
