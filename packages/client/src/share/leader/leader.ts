import type { Clock } from '../../clock.ts'
import type { SseChannels } from '../../events/control-events.ts'
import type { SseMeta } from '../../events/emitter.ts'
import type { RecordsStore } from '../../features/features.ts'
import type { SsePresence } from '../../features/types.ts'
import type { SseState } from '../../supervisor/state.ts'
import type { SseClient } from '../../types.ts'
import type { History } from '../history.ts'
import { type LabelledEvent, LOG_EVENTS, toLabelled, withLabels } from '../labels.ts'
import {
  type Interest,
  type LeaderStatus,
  type Message,
  type MessageBody,
  namesIn,
  type RelayedEvent,
  type Served,
  type TabPosition,
  toComparable,
} from '../protocol.ts'
import { createSharedChannels } from './shared-channels.ts'

/** Milliseconds within which the tabs of the last leader must repeat their interests. */
const GRACE = 5000

export interface LeaderOptions {
  readonly term: number
  /** What this tab has received. The connection resumes after it, and other tabs are served from it. */
  readonly history: History
  /** The interests that the last leader served. */
  readonly served: Served
  /** The state until the connection has its own. */
  readonly state: SseState
  readonly clock: Clock
  /** Makes the client that holds the connection. */
  open(cursor: string): SseClient
  post(message: MessageBody): void
  deliver(event: RelayedEvent): void
  onState(state: SseState): void
  /** Calls `gone` when a tab has ended. */
  watch(tab: string, gone: () => void): void
}

/** What the leader knows of a tab. */
interface Tab {
  interests: readonly Interest[]
  /** The channels that it was told since the stream began, as {@link toComparable} writes them. */
  told: string | undefined
  /** The records (`r:` and a channel) and members (`m:`) that it was sent. */
  readonly sent: Set<string>
}

/** Stands for the tabs of the last leader until they have repeated their interests. */
const FORMER = ''

/** The tab that has the connection. It relays its events to the other tabs, and each of them resumes at its own position. */
export function createLeader(options: LeaderOptions) {
  const { term, history, clock, post } = options
  const client = options.open(history.cursor)
  const channels = createSharedChannels(client)
  const listen = withLabels(client, relay, replaced)
  const members = new Map<string, SsePresence>()
  let records: RecordsStore | undefined
  const tabs = new Map<string, Tab>([[FORMER, newTab([...options.served.keys()])]])
  const served = new Map<Interest, string | undefined>()
  const ends = new Map<Interest, () => void>()
  let open: RelayedEvent | undefined
  let { state } = options
  let count = 0

  for (const name of LOG_EVENTS) listen(name)
  for (const [interest, since] of options.served) follow(interest, since ?? history.cursor)
  channels.want(namesIn(options.served.keys(), 'c:'))
  const grace = clock.setTimeout(() => forget(FORMER), GRACE)
  const mute = client.on('sse.state', (next) => {
    state = next
    if (state.status !== 'open') {
      open = undefined
      channels.lost()
    } else {
      // Channels that travelled with the request are served from the beginning of the stream.
      for (const channel of channels.carried) grant(channel)
    }
    announce()
    options.onState(state)
  })
  client.on('sse.open', (value, meta) => {
    channels.opened()
    for (const tab of tabs.values()) tab.told = undefined
    open = relay(toLabelled(value, meta))
  })
  client.on('sse.channels', (settled, meta) => {
    move(meta)
    channels.answered(settled)
    for (const channel of namesIn(served.keys(), 'c:')) {
      const answer = channels.answerFor(channel)
      if (answer === 'granted') grant(channel)
      else if (answer) served.set(`c:${channel}`, undefined)
    }
    for (const channel of members.keys()) if (!settled.channels.includes(channel)) members.delete(channel)
    tellChannels()
    announce()
  })
  client.on('sse.records', (_, meta) => move(meta))
  client.onPresence('', (presence) => {
    members.set(presence.channel, presence)
    for (const { sent } of tabs.values()) sent.delete(`m:${presence.channel}`)
    send()
  })
  client.on('sse.gap', (gap, meta) => void relay(toLabelled(gap, meta)))
  client.on('sse.ping', (_, meta) => move(meta))

  const status = (): LeaderStatus => ({ type: 'status', term, count, cursor: history.cursor, state, served })
  const announce = () => post(status())

  /** The server has sent its position. */
  function move(meta: SseMeta): void {
    if (meta.id && meta.id !== history.cursor)
      relay({ event: 'sse.ping', data: '', lastEventId: meta.id, channels: undefined })
  }

  function relay({ lastEventId, record, ...told }: LabelledEvent): RelayedEvent {
    const identified = lastEventId !== '' && lastEventId !== history.cursor
    const forAll = record?.channels.filter(channels.isForAll)
    return emit({ ...told, lastEventId, identified, ...(record && { record: { ...record, forAll } }) })
  }

  function emit(relayed: RelayedEvent): RelayedEvent {
    history.push(relayed)
    count += 1
    post({ type: 'event', term, count, relayed })
    options.deliver(relayed)
    return relayed
  }

  function replaced(channels: readonly string[], all: RecordsStore): void {
    records = all
    for (const { sent } of tabs.values()) for (const channel of channels) sent.delete(`r:${channel}`)
    send()
  }

  /** Sends tabs the records and members of their channels that they do not have yet. */
  function send(): void {
    for (const channel of records?.complete ?? []) {
      const to = takeLacking('r:', channel)
      if (to.length === 0) continue
      const entries = records
        ?.entriesOf(channel)
        .map(([record, event, data]) => [record, event, String(data)])
      emitTo(to, 'sse.records', { channel, entries })
    }
    for (const [channel, { members: list, count }] of members) {
      const to = takeLacking('m:', channel)
      if (to.length > 0) emitTo(to, 'sse.presence', list ? { channel, members: list } : { channel, count })
    }
  }

  /** The tabs on a channel that were not sent something of it. From now on they were. */
  function takeLacking(kind: 'r:' | 'm:', channel: string): string[] {
    const lacking: string[] = []
    for (const [id, tab] of tabs) {
      const what = kind + channel
      if (id === FORMER || tab.sent.has(what) || !isOn(tab, channel)) continue
      tab.sent.add(what)
      lacking.push(id)
    }
    return lacking
  }

  /** Whether a tab was told that it is on a channel, or need not be told. */
  function isOn({ interests, told }: Tab, channel: string): boolean {
    if (channels.isForAll(channel)) return true
    const [on] = told === undefined ? [[]] : (JSON.parse(told) as [string[]])
    return interests.includes(`c:${channel}`) && on.includes(channel)
  }

  function emitTo(to: readonly string[], event: string, data: object): void {
    emit({ event, data: JSON.stringify(data), lastEventId: history.cursor, identified: false, to })
  }

  function follow(interest: Interest, since: string | undefined): void {
    served.set(interest, since)
    if (interest.startsWith('n:')) ends.set(interest, listen(interest.slice(2)))
  }

  /** From here on the connection serves a channel. */
  function grant(channel: string): void {
    const interest: Interest = `c:${channel}`
    if (served.has(interest)) served.set(interest, served.get(interest) ?? history.cursor)
  }

  /** Updates the connection to the interests of all tabs. */
  function serve(): void {
    const wanted = new Set([...tabs.values()].flatMap(({ interests }) => interests))
    const before = [...served.keys()]
    const fresh = [...wanted].filter((interest) => !served.has(interest))
    const stale = before.filter((interest) => !wanted.has(interest))
    // A name is served from now on, a channel from the server's answer. Before the connect, channels travel with the request.
    for (const interest of fresh) follow(interest, interest.startsWith('n:') ? history.cursor : undefined)
    for (const interest of stale) {
      ends.get(interest)?.()
      served.delete(interest)
    }
    channels.want(namesIn(wanted, 'c:'))
    if (fresh.length + stale.length > 0) announce()
  }

  /** The channels that a tab is told. Undefined, as from a server, if it has never asked for any. */
  function viewOf({ interests, told }: Tab): SseChannels | undefined {
    const own = namesIn(interests, 'c:')
    return own.length > 0 || told !== undefined ? channels.view(own) : undefined
  }

  function toChannelsEvent(to: string, view: SseChannels): RelayedEvent {
    const data = JSON.stringify(view)
    return { event: 'sse.channels', data, lastEventId: history.cursor, identified: false, to: [to] }
  }

  /** Tells each tab whose channels have changed. */
  function tellChannels(): void {
    for (const [id, tab] of tabs) {
      for (const what of tab.sent) if (!isOn(tab, what.slice(2))) tab.sent.delete(what)
      const view = viewOf(tab)
      if (id === FORMER || !view || toComparable(view) === tab.told) continue
      tab.told = toComparable(view)
      emit(toChannelsEvent(id, view))
    }
    send()
  }

  function forget(tab: string): void {
    tabs.delete(tab)
    serve()
  }

  function register(id: string, interests: readonly Interest[]): Tab {
    const tab = tabs.get(id) ?? newTab(interests)
    tabs.set(id, tab)
    tab.interests = interests
    serve()
    return tab
  }

  function welcome({ from, greeting, at, passed }: Message & { type: 'hello' }, tab: Tab): void {
    if (!at) return
    const isNew = at.cursor === ''
    const { place, after } = isNew ? { place: history.size, after: undefined } : locate(at, passed)
    const complete = isNew || tab.interests.every((interest) => isServed(interest, place))
    const events = complete && place >= 0 ? history.after(place) : undefined
    const view = viewOf(tab)
    const own = view ? [toChannelsEvent(from, view)] : []
    const told = open ? [open, ...own] : own
    post({ type: 'welcome', to: from, greeting, at, status: status(), events, after, told })
  }

  /** The place of a position in the history, or that of the newest passed cursor in it. Negative if there is none. */
  function locate(at: TabPosition, passed: readonly string[]): { place: number; after: string | undefined } {
    const counted = at.term === term ? history.size - (count - at.count) : -1
    if (counted >= 0) return { place: counted, after: undefined }
    for (const after of passed) {
      const place = history.find(after)
      if (place !== undefined) return { place, after }
    }
    return { place: -1, after: undefined }
  }

  /** Whether the history has all events of an interest from a place on. */
  function isServed(interest: Interest, place: number): boolean {
    if (interest.startsWith('c:') && channels.answerFor(interest.slice(2)) === 'refused') return true
    const since = served.get(interest)
    return since !== undefined && (history.find(since) ?? 0) <= place
  }

  return {
    /** Sets the interests of a tab. The connection serves those of all tabs. */
    setInterests(id: string, interests: readonly Interest[]): void {
      register(id, interests)
      tellChannels()
    },
    connect: () => client.connect(),
    reconnect: () => client.reconnect(),
    receive(message: Message): void {
      if (message.type === 'ask') {
        if (message.what === 'status') announce()
        else if (message.what === 'reconnect') client.reconnect()
        else if (state.status === 'waiting' && !state.error.retryAfter) client.reconnect()
      } else if (message.type === 'hello') {
        const { from } = message
        if (!tabs.has(from)) options.watch(from, () => forget(from))
        const tab = register(from, message.interests)
        tab.told = message.told
        if (message.at || message.lacks) tab.sent.clear()
        welcome(message, tab)
        tellChannels()
        if (message.connect) client.connect()
      }
    },
    close(): void {
      mute()
      clock.clearTimeout(grace)
      client.close()
    },
  }
}

const newTab = (interests: readonly Interest[]): Tab => ({ interests, told: undefined, sent: new Set() })
