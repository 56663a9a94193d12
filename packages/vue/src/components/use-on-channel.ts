import { effectScope, onScopeDispose, type Ref, shallowRef, watch } from 'vue'
import { development } from '../development/development.ts'
import { parts } from '../load-parts.ts'
import { findSession } from '../stream/find-session.ts'
import type { Said, SaidKind } from '../stream/follow-channel.ts'
import type { Receiver } from '../stream/receiver.ts'
import type { Session } from '../stream/session.ts'
import type { SseSource } from '../types.ts'
import { type ChannelName, nameOf } from './channel-name.ts'

/** Runs in the present effect scope once what receives the events is loaded, unless the scope has ended. Never on a server. */
export function inScope(session: Session, run: (receiver: Receiver) => void): void {
  const scope = effectScope()
  session.use((receiver) => {
    if (scope.active) scope.run(() => run(receiver))
  })
}

/**
 * Joins a channel for a composable, until the present effect scope ends.
 *
 * @returns what the client says of the channel, as of the last frame. Undefined: it has said nothing
 */
export function useOnChannel(
  kind: SaidKind,
  composable: string,
  channel: ChannelName,
  stream?: string | SseSource,
): Readonly<Ref<Said | undefined>> {
  const tools = development()
  tools?.checkChannel(composable, channel)
  const session = findSession(composable, stream)
  const { connection } = session
  const newest = shallowRef<Said>()
  inScope(session, (receiver) => parts!.followChannel(receiver, channel, kind, newest))
  if (!connection.client) return newest
  let leave = connection.join(nameOf(channel))
  watch(
    () => nameOf(channel),
    (name) => {
      // Joined before the other is left, so the stream never has to end.
      const former = leave
      leave = connection.join(name)
      former()
    },
  )
  onScopeDispose(() => leave())
  return newest
}
