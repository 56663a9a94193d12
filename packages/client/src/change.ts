import type { ChannelsState } from './channels.ts'
import type { Question } from './request.ts'

/** A change to the channels of an open stream, as the server takes it by POST. */
export interface ChannelsChange {
  /** The stream's name, from its `sse.open`. */
  readonly stream: string
  readonly subscribe: readonly string[]
  readonly unsubscribe: readonly string[]
}

/**
 * Tells the server what has changed in the wishes. Loaded when it is needed.
 *
 * Rejects where that is not taken, and for a stream without a name, which is one of polls: a new connection carries all wishes.
 *
 * @param send makes a request of the stream's URL
 */
export async function change(
  state: ChannelsState,
  send: (question: Question) => Promise<Response>,
): Promise<void> {
  const { stream, told } = state
  const next = new Set(state.wanted)
  const subscribe = [...next].filter((channel) => !told.has(channel))
  const unsubscribe = [...told].filter((channel) => !next.has(channel))
  if (stream === undefined || subscribe.length + unsubscribe.length === 0) return
  const post = (change: ChannelsChange) =>
    send({ method: 'POST', body: JSON.stringify(change), own: JSON_BODY })
  const answer = stream ? await post({ stream, subscribe, unsubscribe }).catch(() => undefined) : undefined
  await answer?.body?.cancel()
  if (state.stream !== stream) return // another stream by now, which knows other wishes
  if (!answer?.ok) throw new Error('The server does not change the channels of an open stream')
  state.told = next
}

const JSON_BODY = { 'Content-Type': 'application/json' }
