import { request } from '../http/request.ts'
import type { ClientInternals } from '../internals.ts'
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

/**
 * Posts changes of the channels until nothing has changed any more. If the server does not take a change, or the stream has no name, as with
 * polls, a new connection carries all channels.
 */
export async function changeChannels(state: ChannelsState, client: ClientInternals): Promise<void> {
  if (state.isSending) return
  state.isSending = true
  try {
    while (state.isChanged && !state.gone.signal.aborted) await postChange(state, client)
  } catch {
    if (!state.gone.signal.aborted) client.active().connect()
  }
  state.isSending = false
}

async function postChange(state: ChannelsState, client: ClientInternals): Promise<void> {
  const { stream, wanted } = state
  state.isChanged = false
  const next = new Set(wanted)
  const subscribe = [...next].filter((channel) => !state.sent.has(channel))
  const unsubscribe = [...state.sent].filter((channel) => !next.has(channel))
  if (subscribe.length + unsubscribe.length === 0) return
  if (!stream) throw new Error('The stream has no name')
  const change: ChannelsChange = { stream, subscribe, unsubscribe }
  const status = await post(JSON.stringify(change), state.gone.signal, client)
  if (BAD.includes(status) && subscribe.length > 0) {
    for (const channel of subscribe) wanted.delete(channel)
    state.isChanged = true // the server took nothing else of this change either
    const { settled } = client
    client.tell('sse.channels', { ...settled, refused: [...new Set([...settled.refused, ...subscribe])] })
  } else if (status >= 200 && status < 300) state.sent = next
  else throw new Error(`The server answered ${status}`)
}

/** Resolves with the status. Rejects if the answer takes too long, and if the stream is gone meanwhile. */
async function post(body: string, gone: AbortSignal, client: ClientInternals): Promise<number> {
  const stop = new AbortController()
  const abort = () => stop.abort()
  const { address, clock, options, settings } = client
  const deadline = createDeadline(clock, abort)
  deadline.set(settings.connectTimeout)
  gone.addEventListener('abort', abort)
  try {
    const own = { 'Content-Type': 'application/json' }
    const details = { method: 'POST', body, own, signal: stop.signal }
    const answer = await request(await address.get(), details, options)
    await answer.body?.cancel()
    return answer.status
  } finally {
    deadline.set(Number.POSITIVE_INFINITY)
    gone.removeEventListener('abort', abort)
  }
}
