import { SseError } from '../errors.ts'
import type { Listener } from '../events/emitter.ts'
import type { SseState } from '../supervisor/state.ts'
import type { EventName, SseClient, SseEvent } from '../types.ts'

export interface IterateOptions {
  /** The most events that wait to be taken. One more ends the iteration with an error, so no event is lost silently. Default: 1,000. */
  readonly limit?: number | undefined
  /** Ends the iteration, which rejects with the reason of the signal. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Yields events one after the other, from the call on: `for await (const { data } of iterate(client, 'notification'))`. Events of several names
 * keep the order of the stream. A loop that ends stops listening and does not change the client.
 *
 * The iteration ends when the client is closed by `close()` or by the server. It rejects with the reason of its `signal`, with an SseError
 * `closed` if the client gave up (`unauthorized`, `rejected`, `exhausted`), and with `overflow` if more than `limit` events are waiting. To
 * resume after the last event taken, call `connect({ lastEventId })`.
 */
export function iterate<Events extends object, Name extends EventName<Events>>(
  client: SseClient<Events>,
  names: Name | readonly Name[],
  { limit = 1000, signal }: IterateOptions = {},
): AsyncIterableIterator<SseEvent<Events, Name>> {
  type Item = SseEvent<Events, Name>
  const items: Item[] = []
  const waiting: (() => void)[] = []
  let errors: unknown[] = []
  let ended = false

  const wake = () => {
    for (const resume of waiting.splice(0)) resume()
  }
  function end(...why: unknown[]): void {
    if (!ended) errors = why
    ended = true
    for (const off of offs) off()
    signal?.removeEventListener('abort', abort)
    wake()
  }
  function abort(): void {
    items.length = 0
    end(signal?.reason)
  }
  function check(state: SseState): void {
    if (state.status !== 'closed') return
    if (state.reason === 'closed' || state.reason === 'ended') end()
    else end(new SseError('closed', `The client gave up: ${state.reason}`, state))
  }
  // The types of these names say what their listeners receive.
  const take: Listener<unknown> = (data, meta) => {
    if (items.length < limit) items.push({ ...meta, data } as Item)
    else
      end(
        new SseError(
          'overflow',
          `More than ${limit} events are waiting: take them faster, or raise \`limit\``,
          limit,
        ),
      )
    wake()
  }
  const offs = [names].flat().map((name) => client.on(name as Name, take))
  offs.push(client.on('sse.state' as EventName<Events>, check as Listener<unknown>))
  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  check(client.state)

  return {
    async next() {
      while (!items.length && !ended) await new Promise<void>((resume) => waiting.push(resume))
      const value = items.shift()
      if (value) return { value, done: false }
      for (const error of errors.splice(0)) throw error
      return { value: undefined, done: true }
    },
    async return() {
      items.length = 0
      end()
      return { value: undefined, done: true }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
