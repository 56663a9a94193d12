import type { BrowserModel, ModelTab } from '@sse/testbed/browser-model'
import type { SseClient, SseState } from '../../src/index.ts'
import { createModelFeatures } from './model-features.ts'

/** The channel that the app adds to every stream. Tabs request all others. Those that begin with `secret` are refused. */
export const OWN = 'own'

export const isRefused = (channel: string): boolean => channel.startsWith('secret')

/** The channel that has members. */
export const ROOM = 'b'

/** Channels whose events may set records. */
export const WITH_RECORDS: readonly string[] = [OWN, 'a']

/** An event in the log: its number is its data. */
export interface ModelEvent {
  readonly number: number
  readonly id: string
  readonly channels: readonly string[]
  readonly kind: 'tick' | 'set' | 'removed' | 'end'
  /** The record that it sets or removes. */
  readonly record: string
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
  /** Publishes the newest event of a record. */
  set(channels: readonly string[], record: string): void
  remove(channel: string, record: string): void
  /** Ends a channel: its records are gone. */
  end(channel: string): void
  /** Somebody joins the room, or leaves it. */
  toggleMember(name: string): void
  /** The newest event of each record of a channel. */
  recordsOf(channel: string): ReadonlyMap<string, number>
  readonly members: ReadonlySet<string>
  /** From now on a stream without a cursor begins so many events before the newest one of its channels. */
  rewind(events: number): void
  /** Sends an event without an id to all open streams. */
  note(text: string): void
  ping(): void
  /** Removes all events so far. */
  trim(): void
  /** All connections break. */
  cut(): void
  /** The next connects of a tab fail. */
  refuse(tab: ModelTab, times: number): void
  /** All connections break, and a new log replaces the old one. */
  restart(): void
  connection(tab: ModelTab): (cursor: string) => SseClient
}

interface Stream {
  readonly tab: ModelTab
  readonly channels: Set<string>
  readonly asked: Set<string>
  /** Whether its client has no records of a channel. */
  lacks(channel: string): boolean
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
  let rewound = 0
  /** How many of the next connects of a tab fail. */
  const refusals = new Map<ModelTab, number>()

  const head = () => log.at(-1)?.id ?? origin

  const records = new Map<string, Map<string, number>>()
  const members = new Set<string>()
  const recordsOf = (channel: string) => records.get(channel) ?? new Map<string, number>()
  const hasRecords = (channel: string) => WITH_RECORDS.includes(channel)
  const memberOf = (name: string) => ({ id: name, info: name, streams: 1 })

  /** @param lacked channels whose records follow, so that their changes are left out @param isBare whether no id may be told before */
  function deliver(
    { channels, asked, send }: Stream,
    { number, id, channels: of, kind, record }: ModelEvent,
    lacked: readonly string[] = [],
    isBare = false,
  ): void {
    const on = of.filter((channel) => channels.has(channel))
    const isRecord = kind === 'set' || kind === 'removed'
    if (on.length === 0 || (isRecord && on.every((channel) => lacked.includes(channel)))) return
    const known = on.filter((channel) => !lacked.includes(channel))
    const told = isBare ? undefined : id
    if (kind === 'set') send('sse.record', { id: told ?? '', channels: known, record })
    if (on.every((channel) => asked.has(channel))) send('sse.event', { id: told ?? '', channels: on })
    if (kind === 'tick') send('tick', number, told)
    else if (kind === 'set') send('price', number, told)
    else if (kind === 'removed') send('sse.removed', { channel: on[0], record }, told)
    else send('sse.end', { channel: on[0], reason: 'ended' }, told)
  }

  /** All records of these channels, at the head of the log. */
  function snapshot({ send }: Stream, channels: readonly string[]): void {
    if (channels.length === 0) return
    send('sse.records', { channels })
    for (const channel of channels) {
      for (const [record, number] of recordsOf(channel)) {
        send('sse.record', { channels: [channel], record })
        send('price', number)
      }
    }
    send('sse.records', { channels, done: true }, head())
  }

  function tellMembers({ channels, send }: Stream): void {
    if (channels.has(ROOM)) send('sse.presence', { channel: ROOM, members: [...members].map(memberOf) })
  }

  function append(event: Omit<ModelEvent, 'number' | 'id'>): number {
    const number = events.length + 1
    const appended = { ...event, number, id: `${epoch}-${number}` }
    events.push(appended)
    log.push(appended)
    for (const stream of streams) deliver(stream, appended)
    return number
  }

  function confirm({ channels, asked, send }: Stream, refused: readonly string[]): void {
    send('sse.channels', { channels: [...channels], refused, asked: [...asked] }, head())
  }

  /** @returns the channels refused, and those that are new */
  function join(
    { channels, asked }: Stream,
    names: Iterable<string>,
  ): { refused: string[]; added: string[] } {
    const refused: string[] = []
    const added: string[] = []
    for (const name of names) {
      if (isRefused(name)) refused.push(name)
      else if (!channels.has(name)) {
        channels.add(name)
        asked.add(name)
        added.push(name)
      }
    }
    return { refused, added }
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
    const { refused } = join(stream, names)
    const begin = log[from - 1]?.id ?? origin
    const isBare = cursor === '' || gap !== undefined
    const isMine = ({ channels }: ModelEvent) => channels.some((channel) => stream.channels.has(channel))
    const rewind = cursor === '' && rewound > 0 ? log.filter(isMine).slice(-rewound) : []
    const lacked = [...stream.channels].filter(
      (channel) => hasRecords(channel) && (isBare || stream.lacks(channel)),
    )
    // OWN has records, so a stream that does not resume gets its position with them.
    const oldest = rewind[0]?.number
    stream.send(
      'sse.open',
      { resumed: cursor === '' ? null : !gap, oldest, by: stream.tab.name },
      isBare ? undefined : begin,
    )
    if (names.length > 0)
      stream.send('sse.channels', { channels: [...stream.channels], refused, asked: [...stream.asked] })
    if (gap) stream.send('sse.gap', { reason: gap, requested: cursor })
    for (const event of [...rewind, ...log.slice(from)]) deliver(stream, event, lacked, isBare)
    snapshot(stream, lacked)
    tellMembers(stream)
    stream.send('sse.ping', '', head())
    streams.add(stream)
  }

  function connection(tab: ModelTab) {
    return (cursor: string): SseClient => {
      const wanted = new Set<string>()
      const { events: listeners, features, receive } = createModelFeatures(wanted, attempt)
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
        const named = (features.address(new URL('http://a.test/events')) as URL).searchParams.get('records')
        const mine: Stream = {
          ...{ tab, channels: new Set([OWN]), asked: new Set() },
          lacks: (channel) => named === '*' || named?.split(',').includes(channel) === true,
          send(event, data, id) {
            browser.later(tab, queue, () => {
              if (stream !== mine) return
              if (id !== undefined) last = id
              if (event === 'sse.open') speaks = true
              const value = receive(event, event === 'note' ? String(data) : JSON.stringify(data), last)
              if (value !== undefined) listeners.emit(value, { event, id: last })
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
          const left = refusals.get(tab) ?? 0
          if (left > 0) {
            refusals.set(tab, left - 1)
            mine.lose()
            return
          }
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
            const { refused, added } = join(mine, subscribe)
            confirm(mine, refused)
            snapshot(mine, added.filter(hasRecords))
            if (added.includes(ROOM)) tellMembers(mine)
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
    recordsOf,
    members,
    publish: (channels) => void append({ channels, kind: 'tick', record: '' }),
    set(channels, record) {
      const number = append({ channels, kind: 'set', record })
      for (const channel of channels) records.set(channel, new Map(recordsOf(channel)).set(record, number))
    },
    remove(channel, record) {
      if (!records.get(channel)?.delete(record)) return
      append({ channels: [channel], kind: 'removed', record })
    },
    end(channel) {
      records.delete(channel)
      append({ channels: [channel], kind: 'end', record: '' })
    },
    toggleMember(name) {
      const isNew = !members.delete(name)
      if (isNew) members.add(name)
      const change = isNew ? { joined: [memberOf(name)], left: [] } : { joined: [], left: [name] }
      for (const { channels, send } of streams)
        if (channels.has(ROOM)) send('sse.presence', { channel: ROOM, ...change })
    },
    rewind(events) {
      rewound = events
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
    refuse: (tab, times) => void refusals.set(tab, times),
    restart() {
      this.cut()
      breaks += 1
      epoch += 1
      origin = `${epoch}-0`
      log = []
      records.clear()
    },
    connection,
  }
}
