import type { SseChannels, SseResyncCause, SseState } from '@sse/client'
import type { createResync, ReceivedEvent, Resync } from '@sse/client/internal'
import type { Connection } from './connection.ts'

/** The most events that wait until the code for loading is there. */
const MOST = 10_000

/** On an EventSource of `@sse/client/testing`, so that a test need not wait until the code is loaded. */
const RESYNC = Symbol.for('sse.resync')

/** Who receives events of a connection, and loads by itself what it shows. */
export interface ConsumerOptions {
  /** Loads what is shown, and may return its position. Undefined: nothing has to be loaded. */
  load(): ((cause: SseResyncCause) => unknown) | undefined
  /** The position of what is shown before anything was loaded, if the stream has resumed there or before. */
  given(resumedAt: string): string | false
  /** Whether what is shown may be incomplete. */
  stale: boolean
  /** The channel that it shows. It loads once the server has confirmed it. */
  channel?(): string | undefined
  /** The server does not allow the channel. */
  refused?(channel: string): void
}

/** Where the events of a consumer go. */
export interface Outlet {
  /** Hands over what waits for its frame. */
  flush(): void
  report(error: unknown, event: string): void
}

/** One consumer of a connection. While it loads, its own events wait, and nobody else's. */
export interface Consumer {
  /** An event for it, or one of the connection itself. */
  receive(event: ReceivedEvent): void
  changed(state: SseState): void
  /** Loads now if the stream is open, else when it opens. Also after the channel has changed. */
  begin(): void
  /** The connection will begin again at this position. */
  rewind(from: string): void
  /** Resolves when nothing waits for a load any more. */
  settled(): Promise<void>
  /** Ends a life of the connection. What waits is told. */
  cancel(): void
  end(): void
}

export function createConsumer(connection: Connection, options: ConsumerOptions, outlet: Outlet): Consumer {
  let resync: Resync | undefined
  /** What has been received before the code for loading is there. */
  let early: ReceivedEvent[] = []
  let isPreparing = false
  /** Where it began, if the stream was open then. */
  let beganAt: string | undefined
  /** Whether the stream is on the channel, and whether the stream before it was. */
  let [isJoined, wasJoined] = [false, false]
  /** The opening that waits for its `sse.channels`. */
  let opening: ReceivedEvent | undefined
  let waiting: (() => void)[] = []

  const host = {
    clock: connection.options.clock,
    get stale() {
      return options.stale
    },
    set stale(next) {
      if (next !== options.stale) options.stale = next
    },
    get received() {
      return connection.lastId
    },
    get told() {
      return connection.lastId
    },
    // A load that was given up begins again as long as the connection is open.
    status: () => (connection.consumers.has(consumer) ? connection.client!.state.status : 'closed'),
    given: options.given,
    tell() {},
    passed() {},
    restart: connection.restart,
    released,
    report: outlet.report,
  }

  function released(): void {
    const resolves = waiting
    waiting = []
    for (const resolve of resolves) resolve()
  }

  function prepare(): void {
    if (resync || isPreparing || !options.load()) return
    const { EventSource } = connection.options
    const known = connection.createResync ?? (EventSource as Known | undefined)?.[RESYNC]
    if (known) {
      prepared(known)
      return
    }
    isPreparing = true
    import('../lazy.ts').then(
      ({ createResync }) => prepared(createResync),
      (error) => {
        // As after a new deployment. The next attempt to connect tries again.
        outlet.report(error, 'sse.open')
        giveUp()
        isPreparing = false
      },
    )
  }

  function prepared(create: typeof createResync): void {
    if (!connection.consumers.has(consumer)) return
    connection.createResync = create
    const load = options.load()
    resync = create(host, load && loadInOrder)
    if (connection.client && !options.channel) resync.changed(connection.client.state)
    if (beganAt !== undefined) resync.start('open', beganAt)
    beganAt = undefined
    const events = early
    early = []
    for (const event of events) resync.receive(event)
  }

  /** What came before the load must not be handed over after it. */
  function loadInOrder(cause: SseResyncCause): unknown {
    outlet.flush()
    return options.load()?.(cause)
  }

  /** Tells what waits. */
  function giveUp(): void {
    const events = early
    early = []
    for (const { read, emit } of events) if (!read) emit()
    released()
  }

  function feed(event: ReceivedEvent): void {
    if (resync) resync.receive(event)
    else if (!options.load()) {
      if (!event.read) event.emit()
    } else {
      early.push(event)
      prepare()
      if (early.length > MOST) giveUp()
    }
  }

  /** A stream that is not on the channel yet has nothing to load: what is published until then would be missing. */
  function joined(event: ReceivedEvent, channel: string): void {
    const { channels, refused } = event.value as SseChannels
    if (refused.includes(channel)) options.refused?.(channel)
    if (isJoined || !channels.includes(channel)) return
    isJoined = true
    const isOpening = opening && wasJoined
    const value = { resumed: false }
    feed(isOpening ? opening! : { ...event, event: 'sse.open', value })
    opening = undefined
  }

  const consumer: Consumer = {
    receive(event) {
      const channel = options.channel?.()
      if (!options.channel || !event.read) {
        if (event.event !== 'sse.channels') feed(event)
      } else if (channel === undefined) return
      else if (event.event === 'sse.open') {
        opening = event
        wasJoined = isJoined
        isJoined = false
      } else if (event.event === 'sse.channels') joined(event, channel)
      else if (isJoined) feed(event)
    },
    changed(state) {
      if (state.status === 'connecting') prepare()
      if (!options.channel || state.status !== 'open') resync?.changed(state)
    },
    begin() {
      const { client } = connection
      const channel = options.channel?.()
      isJoined = !options.channel || (channel !== undefined && !!client?.channels.channels.includes(channel))
      wasJoined = false
      opening = undefined
      if (!client || client.state.status === 'idle') return
      const isOpen = client.state.status === 'open' && isJoined
      if (isOpen) beganAt = connection.lastId
      if (isOpen && resync) resync.start('open', beganAt!)
      else prepare()
    },
    rewind(from) {
      // Without a load it has no resync, until it must skip what it was told.
      if (!resync && connection.createResync) resync = connection.createResync(host, undefined)
      resync?.rewind(from)
    },
    async settled() {
      while (resync?.isHolding || early.length > 0)
        await new Promise<void>((resolve) => {
          waiting.push(resolve)
        })
      outlet.flush()
    },
    cancel() {
      beganAt = undefined
      resync?.release()
      resync?.cancel()
      giveUp()
    },
    end() {
      connection.consumers.delete(consumer)
      consumer.cancel()
    },
  }
  connection.consumers.add(consumer)
  return consumer
}

interface Known {
  readonly [RESYNC]?: typeof createResync
}
