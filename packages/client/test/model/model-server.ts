import type { BrowserModel, ModelTab } from '@sse/testbed/browser-model'
import { createEmitter } from '../../src/events/emitter.ts'
import type { SseClient, SseState } from '../../src/index.ts'

/** The channel that the app adds to every stream. Tabs request all others. Those that begin with `secret` are refused. */
export const OWN = 'own'

export const isRefused = (channel: string): boolean => channel.startsWith('secret')

/** An event in the log: its number is its data. */
export interface ModelEvent {
  readonly number: number
  readonly id: string
  readonly channels: readonly string[]
}

/**
 * A server with one log, like the core: channels of the app and of clients, changes by POST, labels for shared streams, gaps, restarts. It also
 * makes connections to itself: clients that reconnect. Everything travels in the queues of the browser.
 */
export interface ModelServer {
  /** Every event ever published, also those that the log has lost. */
  readonly events: readonly ModelEvent[]
  /** How often the log has lost its events. */
  readonly breaks: number
  /** The id of the newest event. */
  readonly position: string
  /** Connections that are up. */
  readonly connections: number
  publish(channels: readonly string[]): void
  /** Sends an event without an id to all open streams. */
  note(text: string): void
  ping(): void
  /** Removes all events so far. */
  trim(): void
  /** All connections break. */
  cut(): void
  /** All connections break, and a new log replaces the old one. */
  restart(): void
  connection(tab: ModelTab): (cursor: string) => SseClient
}

interface Stream {
  readonly tab: ModelTab
  readonly channels: Set<string>
  readonly asked: Set<string>
  send(event: string, data: unknown, id?: string): void
  lose(): void
}

export function createModelServer(browser: BrowserModel): ModelServer {
  const streams = new Set<Stream>()
  const events: ModelEvent[] = []
  let log: ModelEvent[] = []
  let epoch = 1
  let origin = '1-0'
  let opened = 0
  let breaks = 0

  const head = () => log.at(-1)?.id ?? origin

  function deliver({ channels, asked, send }: Stream, { number, id, channels: of }: ModelEvent): void {
    const on = of.filter((channel) => channels.has(channel))
    if (on.length === 0) return
    if (on.every((channel) => asked.has(channel))) send('sse.event', { id, channels: on })
    send('tick', number, id)
  }

  function confirm({ channels, asked, send }: Stream, refused: readonly string[]): void {
    send('sse.channels', { channels: [...channels], refused, asked: [...asked] }, head())
  }

  /** @returns the channels refused */
  function join({ channels, asked }: Stream, names: Iterable<string>): string[] {
    const refused: string[] = []
    for (const name of names) {
      if (isRefused(name)) refused.push(name)
      else if (!channels.has(name)) {
        channels.add(name)
        asked.add(name)
      }
    }
    return refused
  }

  /** The place of a cursor in the log. If there is none: the reason, and the place from which the stream continues. */
  function find(cursor: string): { from: number; gap?: string } {
    if (cursor === '') return { from: log.length }
    if (cursor === origin) return { from: 0 }
    const index = log.findIndex(({ id }) => id === cursor)
    if (index >= 0) return { from: index + 1 }
    if (!/^\d+-\d+$/.test(cursor)) return { from: log.length, gap: 'unknown' }
    return { from: 0, gap: cursor.startsWith(`${epoch}-`) ? 'trimmed' : 'forked' }
  }

  function open(stream: Stream, cursor: string, names: readonly string[]): void {
    const { from, gap } = find(cursor)
    const refused = join(stream, names)
    const begin = log[from - 1]?.id ?? origin
    stream.send('sse.open', { resumed: cursor === '' ? null : !gap }, gap ? undefined : begin)
    if (names.length > 0)
      stream.send('sse.channels', { channels: [...stream.channels], refused, asked: [...stream.asked] })
    if (gap) stream.send('sse.gap', { reason: gap, requested: cursor }, begin)
    for (const event of log.slice(from)) deliver(stream, event)
    stream.send('sse.ping', '', head())
    streams.add(stream)
  }

  function connection(tab: ModelTab) {
    return (cursor: string): SseClient => {
      const listeners = createEmitter()
      const wanted = new Set<string>()
      let told: ReadonlySet<string> = new Set()
      let isPosting = false
      let state: SseState = { status: 'idle' }
      let last = cursor
      let stream: Stream | undefined
      let speaks = false

      function become(next: SseState): void {
        state = next
        listeners.emit(next, { event: 'sse.state', id: last })
      }

      function drop(): void {
        if (stream) streams.delete(stream)
        stream = undefined
        speaks = isPosting = false
      }

      function attempt(): void {
        drop()
        const queue = `net ${++opened}`
        told = new Set(wanted)
        const mine: Stream = {
          ...{ tab, channels: new Set([OWN]), asked: new Set() },
          send(event, data, id) {
            browser.later(tab, queue, () => {
              if (stream !== mine) return
              if (id !== undefined) last = id
              if (event === 'sse.open') speaks = true
              listeners.emit(data, { event, id: last })
              if (event === 'sse.open') change()
            })
          },
          lose() {
            browser.later(tab, queue, () => {
              if (stream !== mine) return
              drop()
              const error = { code: 'network', message: 'lost' } as const
              become({ status: 'waiting', attempt: 1, retryAt: 0, error })
              browser.later(tab, 'retry', () => state.status === 'waiting' && attempt())
            })
          },
        }
        stream = mine
        const [from, names] = [last, [...wanted]]
        become({ status: 'connecting', attempt: 0 })
        browser.later(tab, queue, () => {
          if (stream !== mine) return
          open(mine, from, names)
          // The head of the response comes before its events, which are in the queue now.
          become({ status: 'open', openedAt: 0 })
        })
      }

      /** Posts one change of an open stream at a time. */
      function change(): void {
        const mine = stream
        if (!mine || !speaks || isPosting) return
        const next = new Set(wanted)
        const subscribe = [...next].filter((name) => !told.has(name))
        const unsubscribe = [...told].filter((name) => !next.has(name))
        if (subscribe.length + unsubscribe.length === 0) return
        isPosting = true
        browser.later(tab, 'post', () => {
          if (streams.has(mine)) {
            for (const name of unsubscribe) if (mine.asked.delete(name)) mine.channels.delete(name)
            confirm(mine, join(mine, subscribe))
          }
          browser.later(tab, 'post', () => {
            if (stream !== mine) return
            told = next
            isPosting = false
            change()
          })
        })
      }

      const client: Partial<SseClient> = {
        get state() {
          return state
        },
        on: listeners.on,
        onRecords: (channel, listener) => listeners.on(`sse.records:${channel}`, listener),
        onPresence: (channel, listener) => listeners.on(`sse.presence:${channel}`, listener),
        subscribe(names) {
          for (const name of [names].flat()) wanted.add(name)
          // The client loads the code for this first.
          browser.later(tab, 'load', change)
        },
        unsubscribe(names) {
          for (const name of [names].flat()) wanted.delete(name)
          browser.later(tab, 'load', change)
        },
        reconnect: attempt,
        connect() {
          if (state.status === 'idle' || state.status === 'closed') attempt()
        },
        close() {
          drop()
          if (state.status !== 'closed') become({ status: 'closed', reason: 'closed' })
        },
      }
      return client as SseClient
    }
  }

  return {
    events,
    get breaks() {
      return breaks
    },
    get position() {
      return head()
    },
    get connections() {
      return [...streams].filter(({ tab }) => !tab.dead).length
    },
    publish(channels) {
      const number = events.length + 1
      const event = { number, id: `${epoch}-${number}`, channels }
      events.push(event)
      log.push(event)
      for (const stream of streams) deliver(stream, event)
    },
    note(text) {
      for (const stream of streams) stream.send('note', text)
    },
    ping() {
      for (const stream of streams) stream.send('sse.ping', '', head())
    },
    trim() {
      breaks += 1
      origin = head()
      log = []
    },
    cut() {
      for (const stream of [...streams]) {
        streams.delete(stream)
        stream.lose()
      }
    },
    restart() {
      this.cut()
      breaks += 1
      epoch += 1
      origin = `${epoch}-0`
      log = []
    },
    connection,
  }
}
