import type { SseChannels } from '@sse/client'
import type { Consumer, ReceivedEvent } from '@sse/client/internal'
import type { Connection } from '../stream/connection.ts'

/**
 * Lets a consumer load only once the server has confirmed its channel. What is published between a load and the confirmation would be missing.
 *
 * @param refused called if the server does not allow the channel
 */
export function waitForChannel(
  consumer: Consumer,
  connection: Connection,
  channel: () => string | undefined,
  refused: (channel: string) => void,
): Consumer {
  const isConfirmed = () => !!connection.client?.channels.channels.includes(channel() ?? '')
  /** Whether the stream is on the channel, and whether the one before it was. */
  let isJoined = false
  let wasJoined = false
  /** The opening that waits for its `sse.channels`. */
  let opening: ReceivedEvent | undefined

  function confirmed(event: ReceivedEvent, name: string): void {
    const channels = event.value as SseChannels
    if (channels.refused.includes(name)) refused(name)
    if (isJoined || !channels.channels.includes(name)) return
    isJoined = true
    const isResumed = opening && wasJoined
    const value = { resumed: false }
    consumer.receive(isResumed ? opening! : { ...event, event: 'sse.open', value })
    opening = undefined
  }

  return {
    ...consumer,
    receive(event) {
      const name = channel()
      if (!event.read) consumer.receive(event)
      else if (event.event === 'sse.open') {
        opening = event
        wasJoined = isJoined
        isJoined = false
      } else if (event.event === 'sse.channels') confirmed(event, name ?? '')
      else if (isJoined) consumer.receive(event)
    },
    // An open stream without `sse.open` says nothing about its channels.
    changed(state) {
      if (state.status !== 'open') consumer.changed(state)
    },
    begin() {
      isJoined = isConfirmed()
      wasJoined = false
      opening = undefined
      if (isJoined) consumer.begin()
    },
  }
}
