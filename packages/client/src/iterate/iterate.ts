import type { Listener } from '../events/emitter.ts'
import { SseError } from '../errors.ts'
import type { SseState } from '../supervisor/state.ts'
import type { EventName, SseClient, SseEvent } from '../types.ts'

export interface IterateOptions {
  /** Events that may wait to be taken. Default: 1,000. One more ends the iteration with an error: nothing is dropped in silence. */
  readonly limit?: number | undefined
  /** Ends the iteration: it rejects with the reason of the signal. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Events one after the other, from the call on: `for await (const { data } of iterate(client, 'notification'))`. Several names come in the
 * order of the stream. Leaving the loop stops listening, and leaves the client as it is.
 *
 * It is over when the client is closed, by `close()` or by the server's wish. It rejects with the reason of its `signal`; with an SseError
 * `closed` when the client gave up (`unauthorized`, `rejected`, `exhausted`); with `overflow` when more events wait than its `limit`: go on
 * from the last one taken by `connect({ lastEventId })`.
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
  function look(state: SseState): void {
    if (state.status !== 'closed') return
    if (state.reason === 'closed' || state.reason === 'ended') end()
    else end(new SseError('closed', `The client has given up: ${state.reason}`, state))
  }
  // What listeners of these names are given is what their types say.
  const take: Listener<unknown> = (data, meta) => {
    if (items.length < limit) items.push({ ...meta, data } as Item)
    else
      end(
        new SseError(
          'overflow',
          `More than ${limit} events wait: take them faster, or raise \`limit\``,
          limit,
        ),
      )
    wake()
  }
  const offs = [names].flat().map((name) => client.on(name as Name, take))
  offs.push(client.on('sse.state' as EventName<Events>, look as Listener<unknown>))
  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  look(client.state)

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
