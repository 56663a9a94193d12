import type { Clock } from '../../clock.ts'
import type { SseChannels } from '../../events/control-events.ts'
import type { SseMeta } from '../../events/emitter.ts'
import type { SseState } from '../../supervisor/state.ts'
import type { SseClient } from '../../types.ts'
import type { History } from '../history.ts'
import { type Told, withLabels } from '../labels.ts'
import {
  compare,
  type Entry,
  type Followed,
  type Message,
  type Position,
  type Status,
  type Wish,
  type Word,
} from '../protocol.ts'
import { createSharedChannels } from './shared-channels.ts'

/** Milliseconds that the tabs of the last leader have to repeat their wishes. */
const GRACE = 5000

export interface LeaderOptions {
  readonly term: number
  /** What this tab has seen: the connection goes on from there, and other tabs are served from it. */
  readonly history: History
  /** What the last leader followed. */
  readonly followed: Followed
  /** The state until the connection has one of its own. */
  readonly state: SseState
  readonly clock: Clock
  /** Makes the client that holds the connection. */
  open(cursor: string): SseClient
  post(word: Word): void
  deliver(entry: Entry): void
  onState(state: SseState): void
  /** Calls `gone` when a tab has ended. */
  watch(tab: string, gone: () => void): void
}

/** The one tab that has a connection. To the others it is what the server is to it: they read on from where they stand. */
export interface Leader {
  hear(message: Message): void
  /** Takes the wishes of a tab for the connection. */
  wish(tab: string, wishes: readonly Wish[]): void
  connect(): void
  reconnect(): void
  close(): void
}

/** What the leader knows of a tab. */
interface Tab {
  wishes: readonly Wish[]
  /** What it was told of its channels since the stream began, for comparison. */
  told: string | undefined
}

/** Stands for the tabs that the last leader had, until they have repeated their wishes. */
const FORMER = ''

export function createLeader(options: LeaderOptions): Leader {
  const { term, history, clock, post } = options
  const client = options.open(history.cursor)
  const channels = createSharedChannels(client)
  const listen = withLabels(client, hand)
  const tabs = new Map<string, Tab>([[FORMER, { wishes: [...options.followed.keys()], told: undefined }]])
  const followed = new Map<Wish, string | undefined>()
  const ends = new Map<Wish, () => void>()
  let open: Entry | undefined
  let { state } = options
  let count = 0

  for (const [wish, since] of options.followed) follow(wish, since ?? history.cursor)
  channels.want(channelsOf([...options.followed.keys()]))
  const grace = clock.setTimeout(() => forget(FORMER), GRACE)
  const mute = client.on('sse.state', (next) => {
    state = next
    if (state.status !== 'open') {
      open = undefined
      channels.lost()
    } else {
      // What travelled with the connect is served from where it began.
      for (const channel of channels.carried) grant(channel)
    }
    announce()
    options.onState(state)
  })
  client.on('sse.open', (value, meta) => {
    channels.opened()
    for (const tab of tabs.values()) tab.told = undefined
    open = hand(toTold(value, meta))
  })
  client.on('sse.channels', (answer, meta) => {
    move(meta)
    channels.answered(answer)
    for (const wish of followed.keys()) {
      if (!wish.startsWith('c:')) continue
      const verdict = channels.verdict(wish.slice(2))
      if (verdict === 'granted') grant(wish.slice(2))
      else if (verdict) followed.set(wish, undefined)
    }
    tellChannels()
    announce()
  })
  client.on('sse.gap', (gap, meta) => void hand(toTold(gap, meta)))
  client.on('sse.ping', (_, meta) => move(meta))

  const status = (): Status => ({ type: 'status', term, count, cursor: history.cursor, state, followed })
  const announce = () => post(status())

  /** The server has said where it stands. */
  function move(meta: SseMeta): void {
    if (meta.id && meta.id !== history.cursor)
      hand({ event: 'sse.ping', data: '', lastEventId: meta.id, channels: undefined })
  }

  function hand({ lastEventId, ...told }: Told): Entry {
    return tell({ ...told, lastEventId, identified: lastEventId !== '' && lastEventId !== history.cursor })
  }

  function tell(entry: Entry): Entry {
    history.push(entry)
    count += 1
    post({ type: 'entry', term, count, entry })
    options.deliver(entry)
    return entry
  }

  function follow(wish: Wish, since: string | undefined): void {
    followed.set(wish, since)
    if (wish.startsWith('n:')) ends.set(wish, listen(wish.slice(2)))
  }

  /** From here on the connection serves a channel. */
  function grant(channel: string): void {
    const wish: Wish = `c:${channel}`
    if (followed.has(wish)) followed.set(wish, followed.get(wish) ?? history.cursor)
  }

  /** Brings the connection to what the tabs want of it. */
  function serve(): void {
    const wanted = new Set([...tabs.values()].flatMap(({ wishes }) => wishes))
    const before = [...followed.keys()]
    const fresh = [...wanted].filter((wish) => !followed.has(wish))
    const stale = before.filter((wish) => !wanted.has(wish))
    // A name is heard from now on, a channel when the server says so; what is wished for before connecting travels with it.
    for (const wish of fresh) follow(wish, wish.startsWith('n:') ? history.cursor : undefined)
    for (const wish of stale) {
      ends.get(wish)?.()
      followed.delete(wish)
    }
    channels.want(channelsOf([...wanted]))
    if (fresh.length + stale.length > 0) announce()
  }

  /** What a tab is told of its channels. Nothing, as by a server of its own, if it has never asked for any. */
  function viewOf({ wishes, told }: Tab): SseChannels | undefined {
    const own = channelsOf(wishes)
    return own.length > 0 || told !== undefined ? channels.view(own) : undefined
  }

  function toChannelsEntry(to: string, view: SseChannels): Entry {
    const data = JSON.stringify(view)
    return { event: 'sse.channels', data, lastEventId: history.cursor, identified: false, to }
  }

  /** Every tab whose channels have changed is told so. */
  function tellChannels(): void {
    for (const [id, tab] of tabs) {
      const view = viewOf(tab)
      if (id === FORMER || !view || compare(view) === tab.told) continue
      tab.told = compare(view)
      tell(toChannelsEntry(id, view))
    }
  }

  function forget(tab: string): void {
    tabs.delete(tab)
    serve()
  }

  function enrol(id: string, wishes: readonly Wish[]): Tab {
    const tab = tabs.get(id) ?? { wishes, told: undefined }
    tabs.set(id, tab)
    tab.wishes = wishes
    serve()
    return tab
  }

  function welcome({ from, greeting, at, passed }: Message & { type: 'hello' }, tab: Tab): void {
    if (!at) return
    const isNew = at.cursor === ''
    const { place, after } = isNew ? { place: history.size, after: undefined } : locate(at, passed)
    const complete = isNew || tab.wishes.every((wish) => isServed(wish, place))
    const entries = complete && place >= 0 ? history.after(place) : undefined
    const view = viewOf(tab)
    const own = view ? [toChannelsEntry(from, view)] : []
    const told = open ? [open, ...own] : own
    post({ type: 'welcome', to: from, greeting, at, status: status(), entries, after, told })
  }

  /** The place in the history of a position, or of the newest cursor passed that is held; negative when there is none. */
  function locate(at: Position, passed: readonly string[]): { place: number; after: string | undefined } {
    const counted = at.term === term ? history.size - (count - at.count) : -1
    if (counted >= 0) return { place: counted, after: undefined }
    for (const after of passed) {
      const place = history.find(after)
      if (place !== undefined) return { place, after }
    }
    return { place: -1, after: undefined }
  }

  /** Whether the history has everything of a wish from a place on. */
  function isServed(wish: Wish, place: number): boolean {
    if (wish.startsWith('c:') && channels.verdict(wish.slice(2)) === 'refused') return true
    const since = followed.get(wish)
    return since !== undefined && (history.find(since) ?? 0) <= place
  }

  return {
    wish(id, wishes) {
      enrol(id, wishes)
      tellChannels()
    },
    connect: () => client.connect(),
    reconnect: () => client.reconnect(),
    hear(message) {
      if (message.type === 'ask') {
        if (message.what === 'status') announce()
        else if (message.what === 'reconnect') client.reconnect()
        else if (state.status === 'waiting' && !state.error.retryAfter) client.reconnect()
      } else if (message.type === 'hello') {
        const { from } = message
        if (!tabs.has(from)) options.watch(from, () => forget(from))
        const tab = enrol(from, message.wishes)
        tab.told = message.told
        welcome(message, tab)
        tellChannels()
        if (message.connect) client.connect()
      }
    },
    close() {
      mute()
      clock.clearTimeout(grace)
      client.close()
    },
  }
}

const channelsOf = (wishes: readonly Wish[]): string[] =>
  wishes.filter((wish) => wish.startsWith('c:')).map((wish) => wish.slice(2))

const toTold = (value: object, { event, id }: SseMeta): Told => ({
  event,
  data: JSON.stringify(value),
  lastEventId: id,
  channels: undefined,
})
