import { createAlarm } from '../supervisor/deadline.ts'
import type { ChannelsState } from './channels.ts'
import type { Clock } from '../clock.ts'
import type { Question } from '../http/request.ts'

/** A change to the channels of an open stream, as the server takes it by POST. */
export interface ChannelsChange {
  /** The stream's name, from its `sse.open`. */
  readonly stream: string
  readonly subscribe: readonly string[]
  readonly unsubscribe: readonly string[]
}

/** Bad Request, Content Too Large: the change itself cannot be taken, and would be no better with a new connection. */
const BAD = [400, 413]

/** How a change is posted. */
export interface Posting {
  readonly clock: Clock
  /** Milliseconds that the answer may take. */
  readonly connectTimeout: number
  /** Makes a request of the stream's URL. */
  send(question: Question): Promise<Response>
  /** The server takes these for bad names. They are wished for no more. */
  refused(channels: readonly string[]): void
}

/**
 * Tells the server what has changed in the wishes, until nothing has changed any more. Loaded when it is needed.
 *
 * Rejects where a change is not taken, and for a stream without a name, which is one of polls: a new connection carries all wishes.
 */
export async function tellChanges(state: ChannelsState, posting: Posting): Promise<void> {
  if (state.isTelling) return
  state.isTelling = true
  while (state.isChanged && !state.gone.signal.aborted) await tellChange(state, posting)
  state.isTelling = false
}

async function tellChange(state: ChannelsState, posting: Posting): Promise<void> {
  const { stream, wanted } = state
  state.isChanged = false
  const next = new Set(wanted)
  const subscribe = [...next].filter((channel) => !state.told.has(channel))
  const unsubscribe = [...state.told].filter((channel) => !next.has(channel))
  if (subscribe.length + unsubscribe.length === 0) return
  if (!stream) throw new Error('The stream has no name')
  const change: ChannelsChange = { stream, subscribe, unsubscribe }
  const status = await post(JSON.stringify(change), state.gone.signal, posting)
  if (BAD.includes(status) && subscribe.length > 0) {
    for (const channel of subscribe) wanted.delete(channel)
    state.isChanged = true // what else was not taken with them
    posting.refused(subscribe)
  } else if (status >= 200 && status < 300) state.told = next
  else throw new Error(`The server answered ${status}`)
}

/** Resolves with the status. Rejects when the answer takes too long, and when the stream is gone meanwhile. */
async function post(body: string, gone: AbortSignal, posting: Posting): Promise<number> {
  const stop = new AbortController()
  const abort = () => stop.abort()
  const patience = createAlarm(posting.clock, abort)
  patience.set(posting.connectTimeout)
  gone.addEventListener('abort', abort)
  try {
    const own = { 'Content-Type': 'application/json' }
    const answer = await posting.send({ method: 'POST', body, own, signal: stop.signal })
    await answer.body?.cancel()
    return answer.status
  } finally {
    patience.set(Number.POSITIVE_INFINITY)
    gone.removeEventListener('abort', abort)
  }
}
