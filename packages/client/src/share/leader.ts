import type { Clock } from '../clock.ts'
import type { SseMeta } from '../emitter.ts'
import type { SseState } from '../state.ts'
import type { SseClient } from '../types.ts'
import type { History } from './history.ts'
import type { Entry, Followed, Message, Status, Wish, Word } from './protocol.ts'

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

export function createLeader(options: LeaderOptions): Leader {
  const { term, history, clock, post } = options
  const client = options.open(history.cursor)
  const tabs = new Map<string, readonly Wish[]>([['', [...options.followed.keys()]]])
  const followed = new Map<Wish, string | undefined>()
  const ends = new Map<Wish, () => void>()
  const told = new Map<string, Entry>()
  let { state } = options
  let count = 0

  for (const [wish, since] of options.followed) follow(wish, since ?? history.cursor)
  const grace = clock.setTimeout(() => forget(''), GRACE)
  const mute = client.on('sse.state', (next) => {
    state = next
    if (state.status !== 'open') told.clear()
    announce()
    options.onState(state)
  })
  client.on('sse.open', tell)
  client.on('sse.channels', (answer, meta) => {
    for (const channel of [...answer.channels, ...answer.refused]) confirm(`c:${channel}`, meta.id)
    tell(answer, meta)
  })
  client.on('sse.gap', (gap, meta) => hand(JSON.stringify(gap), meta))
  client.on('sse.ping', (_, meta) => {
    if (meta.id && meta.id !== history.cursor) hand('', meta)
  })

  const status = (): Status => ({ type: 'status', term, count, cursor: history.cursor, state, followed })
  const announce = () => post(status())

  /** A tab that comes later is told it too. */
  function tell(value: unknown, meta: SseMeta): void {
    told.set(meta.event, hand(JSON.stringify(value), meta))
  }

  function hand(data: unknown, { event, id: lastEventId }: SseMeta): Entry {
    const identified = lastEventId !== '' && lastEventId !== history.cursor
    const entry: Entry = { event, data: String(data), lastEventId, identified }
    history.push(entry)
    count += 1
    post({ type: 'entry', term, count, entry })
    options.deliver(entry)
    return entry
  }

  function follow(wish: Wish, since: string | undefined): void {
    const name = wish.slice(2)
    followed.set(wish, since)
    if (wish.startsWith('n:')) ends.set(wish, client.on(name, hand))
    else {
      client.subscribe(name)
      ends.set(wish, () => client.unsubscribe(name))
    }
  }

  /** From here on the connection serves a channel, or has been refused it. */
  function confirm(wish: Wish, id: string): void {
    if (followed.has(wish) && followed.get(wish) === undefined) followed.set(wish, id)
  }

  /** Brings the connection to what the tabs want of it. */
  function serve(): void {
    const wanted = new Set([...tabs.values()].flat())
    const before = [...followed.keys()]
    const fresh = [...wanted].filter((wish) => !followed.has(wish))
    const stale = before.filter((wish) => !wanted.has(wish))
    // A name is heard from now on, a channel when the server says so; what is wished for before connecting travels with it.
    const now = client.state.status === 'idle' ? () => true : (wish: Wish) => wish.startsWith('n:')
    for (const wish of fresh) follow(wish, now(wish) ? history.cursor : undefined)
    for (const wish of stale) {
      ends.get(wish)?.()
      followed.delete(wish)
    }
    if (fresh.length + stale.length > 0) announce()
  }

  function forget(tab: string): void {
    tabs.delete(tab)
    serve()
  }

  function welcome({ from, wishes, at }: Message & { type: 'hello' }): void {
    if (!at) return
    const place = at.cursor === '' ? history.size : find(at.term, at.count, at.cursor)
    const complete = at.cursor === '' || wishes.every((wish) => since(wish) <= place)
    const entries = complete && place >= 0 ? history.after(place) : undefined
    post({ type: 'welcome', to: from, at, status: status(), entries, told: [...told.values()] })
  }

  /** The place of a position in the history; negative when it is not held. */
  function find(inTerm: number, to: number, cursor: string): number {
    return inTerm === term ? history.size - (count - to) : (history.find(cursor) ?? -1)
  }

  /** The place since when a wish is served. */
  function since(wish: Wish): number {
    const cursor = followed.get(wish)
    return cursor === undefined ? Number.POSITIVE_INFINITY : (history.find(cursor) ?? 0)
  }

  function wish(tab: string, wishes: readonly Wish[]): void {
    tabs.set(tab, wishes)
    serve()
  }

  return {
    wish,
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
        wish(from, message.wishes)
        welcome(message)
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
