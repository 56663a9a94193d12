import type { Clock } from '../clock.ts'
import type { RequestDetails } from '../http/request.ts'
import { createDeadline } from '../supervisor/deadline.ts'
import type { ChannelsState } from './channels.ts'

/** A change to the channels of an open stream, as the server takes it by POST. */
export interface ChannelsChange {
  /** The stream's name, from its `sse.open`. */
  readonly stream: string
  readonly subscribe: readonly string[]
  readonly unsubscribe: readonly string[]
}

/** Bad Request, Content Too Large: the change itself is invalid, and a new connection would not help. */
const BAD = [400, 413]

export interface PostOptions {
  readonly clock: Clock
  /** Milliseconds that the answer may take. */
  readonly connectTimeout: number
  /** Makes a request to the stream's URL. */
  send(details: RequestDetails): Promise<Response>
  /** The server does not accept these names. The client no longer wants them. */
  refused(channels: readonly string[]): void
}

/**
 * Posts changes of the channels until nothing has changed any more. Loaded when it is needed.
 *
 * Rejects if the server does not take a change, and if the stream has no name, as with polls. A new connection then carries all channels.
 */
export async function postChanges(state: ChannelsState, options: PostOptions): Promise<void> {
  if (state.isSending) return
  state.isSending = true
  while (state.isChanged && !state.gone.signal.aborted) await postChange(state, options)
  state.isSending = false
}

async function postChange(state: ChannelsState, options: PostOptions): Promise<void> {
  const { stream, wanted } = state
  state.isChanged = false
  const next = new Set(wanted)
  const subscribe = [...next].filter((channel) => !state.sent.has(channel))
  const unsubscribe = [...state.sent].filter((channel) => !next.has(channel))
  if (subscribe.length + unsubscribe.length === 0) return
  if (!stream) throw new Error('The stream has no name')
  const change: ChannelsChange = { stream, subscribe, unsubscribe }
  const status = await post(JSON.stringify(change), state.gone.signal, options)
  if (BAD.includes(status) && subscribe.length > 0) {
    for (const channel of subscribe) wanted.delete(channel)
    state.isChanged = true // the server took nothing else of this change either
    options.refused(subscribe)
  } else if (status >= 200 && status < 300) state.sent = next
  else throw new Error(`The server answered ${status}`)
}

/** Resolves with the status. Rejects if the answer takes too long, and if the stream is gone meanwhile. */
async function post(body: string, gone: AbortSignal, options: PostOptions): Promise<number> {
  const stop = new AbortController()
  const abort = () => stop.abort()
  const deadline = createDeadline(options.clock, abort)
  deadline.set(options.connectTimeout)
  gone.addEventListener('abort', abort)
  try {
    const own = { 'Content-Type': 'application/json' }
    const answer = await options.send({ method: 'POST', body, own, signal: stop.signal })
    await answer.body?.cancel()
    return answer.status
  } finally {
    deadline.set(Number.POSITIVE_INFINITY)
    gone.removeEventListener('abort', abort)
  }
}
