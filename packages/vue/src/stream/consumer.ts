import type { SseState } from '@sse/client'
import type {
  ConsumerOptions,
  createConsumer as CreateConsumer,
  Outlet,
  ReceivedEvent,
  Consumer as WholeConsumer,
} from '@sse/client/internal'
import { loadParts } from '../load-parts.ts'
import type { Connection } from './connection.ts'

export type { ConsumerOptions, Outlet }

/** The most events that wait until the code for loading is there. */
const MOST = 10_000

/** On an EventSource of `@sse/client/testing`, so that a test need not wait until the code is loaded. */
const CONSUMER = Symbol.for('sse.consumer')

/** One consumer of a connection. While it loads, its own events wait, and nobody else's. */
export interface Consumer {
  /** An event for it, or one of the connection itself. */
  receive(event: ReceivedEvent): void
  changed(state: SseState): void
  /** Loads now if the stream is open, else when it opens. */
  begin(): void
  /** Makes it whole. Whoever has nothing to load needs that only when a load makes the connection resume from an earlier position. */
  attach(create: typeof CreateConsumer): WholeConsumer
  /** Ends a life of the connection. What waits is told. */
  cancel(): void
  end(): void
}

export function createConsumer(connection: Connection, options: ConsumerOptions, outlet: Outlet): Consumer {
  let whole: WholeConsumer | undefined
  /** What has been received before the code for loading is there. Undefined: nothing waits for it. */
  let early: ReceivedEvent[] | undefined
  /** Where it began, if the stream was open then. */
  let from: string | undefined

  /** Tells what waits. */
  function giveUp(): void {
    const events = early ?? []
    early = from = undefined
    for (const { read, emit } of events) if (!read) emit()
  }

  const consumer: Consumer = {
    receive(event) {
      if (whole) whole.receive(event)
      else if (!early) event.read || event.emit()
      else if (early.push(event) > MOST) giveUp()
    },
    changed(state) {
      if (whole) whole.changed(state)
      else if (state.status === 'connecting') consumer.begin()
    },
    begin() {
      const { client } = connection
      if (!client || !options.load()) return
      const { status } = client.state
      if (status === 'open') from = connection.lastId
      if (whole) {
        if (from !== undefined) whole.start(from)
        from = undefined
      } else if (status !== 'idle' && !early) {
        early = []
        const known = (connection.options.EventSource as Known | undefined)?.[CONSUMER]
        if (known) consumer.attach(known)
        else {
          loadParts().then(
            ({ createConsumer }) => consumer.attach(createConsumer),
            (error) => {
              // As after a new deployment. The next attempt to connect tries again.
              outlet.report(error, 'sse.open')
              giveUp()
            },
          )
        }
      }
    },
    attach(create) {
      if (whole) return whole
      whole = create(connection, options, outlet)
      if (from !== undefined) whole.start(from)
      for (const event of early ?? []) whole.receive(event)
      early = from = undefined
      return whole
    },
    cancel() {
      whole?.cancel()
      giveUp()
    },
    end() {
      connection.consumers.delete(consumer)
      whole?.end()
      giveUp()
    },
  }
  connection.consumers.add(consumer)
  return consumer
}

interface Known {
  readonly [CONSUMER]?: typeof CreateConsumer
}
