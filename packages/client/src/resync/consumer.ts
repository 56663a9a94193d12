import type { Clock } from '../clock.ts'
import { SseError } from '../errors.ts'
import type { SseState } from '../supervisor/state.ts'
import type { ResyncOption, SseClient } from '../types.ts'
import { createResync, type ReceivedEvent } from './resync.ts'

/** A client whose listeners are several consumers, each of which loads by itself what it shows. */
export interface SharedClient {
  readonly client: Pick<SseClient, 'state' | 'connect' | 'close'> | undefined
  readonly options: { readonly clock?: Clock | undefined }
  /** The id of the last event that was told. */
  lastId: string
  /** While the client closes only to connect again. */
  isRestarting?: boolean
  readonly consumers: Set<Consumer>
}

export interface ConsumerOptions {
  /** Loads what is shown, and may return its position. Undefined: nothing has to be loaded. */
  load(): ResyncOption | undefined
  /** The position of what is shown before anything was loaded, if the stream has resumed there or before. */
  given(resumedAt: string): string | false
  /** Whether what is shown may be incomplete. */
  stale: boolean
  /** For devtools. */
  readonly name?: string | undefined
}

/** Where the events of a consumer go. */
export interface Outlet {
  /** Hands over what waits. */
  flush(): void
  report(error: unknown, event: string): void
  /** What is shown has become incomplete, or complete. */
  changed(stale: boolean): void
}

/** One consumer of a client. While it loads, its own events wait, and nobody else's. */
export interface Consumer {
  /** How many events wait for the load. */
  held(): number
  /** An event for it, or one of the connection itself. */
  receive(event: ReceivedEvent): void
  changed(state: SseState): void
  /** Loads now if the stream is open, else when it opens. */
  begin(): void
  /** Loads now, also without a connection. What is shown then may still be incomplete. */
  load(): void
  /** The client will resume from this position. What was told already comes again. */
  rewind(from: string): void
  /** Resolves when nothing waits for a load any more. */
  settled(): Promise<void>
  /** Ends a life of the client. What waits is told. */
  cancel(): void
  /** Ends the consumer. */
  end(): void
}

export function createConsumer(shared: SharedClient, options: ConsumerOptions, outlet: Outlet): Consumer {
  let isOver = false
  let waiting: (() => void)[] = []
  const resync = createResync({
    load: () =>
      options.load() &&
      ((cause) => {
        // What came before the load must not be handed over after it.
        outlet.flush()
        return options.load()?.(cause)
      }),
    clock: shared.options.clock,
    get stale() {
      return options.stale
    },
    set stale(next) {
      if (next === options.stale) return
      options.stale = next
      outlet.changed(next)
    },
    get received() {
      return shared.lastId
    },
    get told() {
      return shared.lastId
    },
    // A load that was given up begins again as long as the client is open.
    status: () => (isOver ? 'closed' : shared.client!.state.status),
    given: options.given,
    tell() {},
    passed() {},
    restart: (position) => restart(shared, position),
    released() {
      const resolves = waiting
      waiting = []
      for (const resolve of resolves) resolve()
    },
    report: outlet.report,
  })
  if (shared.client) resync.changed(shared.client.state)

  function cancel(): void {
    resync.release()
    resync.cancel()
  }

  const consumer: Consumer = {
    held: () => resync.held,
    receive: resync.receive,
    changed: resync.changed,
    begin() {
      if (shared.client?.state.status === 'open') consumer.load()
    },
    load: () => resync.start('open', shared.lastId),
    rewind: resync.rewind,
    async settled() {
      while (resync.isHolding) {
        await new Promise<void>((resolve) => {
          waiting.push(resolve)
        })
      }
    },
    cancel,
    end() {
      isOver = true
      shared.consumers.delete(consumer)
      cancel()
    },
  }
  shared.consumers.add(consumer)
  return consumer
}

/** Resumes from a position for one consumer. The others skip what they were told already. */
function restart(shared: SharedClient, position: string): void {
  for (const consumer of shared.consumers) consumer.rewind(position)
  // The next event may have the id of the last one that was told: a tab that shares is not told the position itself.
  shared.lastId = position
  shared.isRestarting = true
  shared.client?.close()
  shared.isRestarting = false
  shared.client?.connect({ lastEventId: position })
}

/**
 * Resolves when everything up to this id has reached the consumers, or their loads have passed it.
 *
 * @param flush hands over what waits after the consumers
 * @throws (rejected) SseError as `reached` of the client; `closed` without a client
 */
export async function consumed(
  shared: SharedClient & { readonly client: Pick<SseClient, 'reached'> | undefined },
  id: string,
  flush: () => void,
): Promise<void> {
  if (!shared.client) throw new SseError('closed', 'A server render has no connection', id)
  await shared.client.reached(id)
  await Promise.all([...shared.consumers].map((consumer) => consumer.settled()))
  flush()
}
