import type { SourceMessage } from '../../connection/connection.ts'
import type { SseState } from '../../supervisor/state.ts'
import type { SseClient } from '../../types.ts'
import { type CatchUp, catchUp } from './catch-up.ts'
import type { History } from '../history.ts'
import { createInbox } from './inbox.ts'
import type { Told } from '../labels.ts'
import type { Entry, Followed, Message, Position, Status, Wish, Word } from '../protocol.ts'

/** How often the server is asked for an event that it ought to know. */
const TRIES = 5

export interface FollowerOptions {
  readonly id: string
  readonly history: History
  wishes(): readonly Wish[]
  post(word: Word): void
  /** Hands a message to the page. */
  deliver(message: SourceMessage): void
  onState(state: SseState): void
  /** Makes a client of this tab's own that connects from the history's cursor. */
  open(): SseClient
}

/** A tab without a connection: it hears what the leader hands on, and reads on from where it stands when leaders change. */
export interface Follower {
  readonly term: number
  /** Whether it knows where it stands with the leader. */
  readonly synced: boolean
  /** Whether it is still on its way into the group. */
  readonly joining: boolean
  hear(message: Message): void
  /** The wishes have changed. */
  wish(): void
  /** Tells the leader its wishes. Anew: and asks how things stand, as at the start and whenever it cannot know. */
  greet(anew?: boolean): void
  /** Tells the page that it is no longer on channels that it has left. */
  leave(): void
  /** The tab has been away: it cannot know where it stands. */
  lost(): void
  /** Hands an entry to the page, as it is for this tab. */
  deliver(entry: Entry): void
  /** The tab leads from here, in this term. @returns what the last leader followed */
  lead(term: number): Followed
  /** Whether a leader was heard since this was asked last. */
  heard(): boolean
  /** Time has passed: what did not help before may help now. */
  beat(): void
  /** Lets go of a connection of its own. */
  rest(): void
}

export function createFollower(options: FollowerOptions): Follower {
  const { history, post, onState } = options
  const inbox = createInbox({ ...options, outdated: () => greet() })
  let term = 0
  /** How far it has got, and by whose count: not that of a leader it has yet to get in step with. */
  let count = 0
  let counted = 0
  let followed: Followed = new Map()
  let synced = false
  let joining = true
  let heard = false
  /** The number of the last greeting that an answer is waited for. */
  let greeting = 0
  /** Events that this tab has been told and its leader has not: they will come again. */
  const ahead = new Map<string, Entry>()
  /** The history has gaps for other tabs: what came by a connection of this tab's own is on its own channels only. */
  let isPartial = false

  /** A connection of its own, while the leader cannot tell how it goes on from here. */
  let reading: CatchUp | undefined
  /** Whether the server is to be asked, once the leader has answered the last greeting that it cannot tell. */
  let mayRead = true
  let isHelpless = false
  /** The newest event for this tab that the leader told meanwhile. */
  let due: string | undefined
  /** How often the server was asked and did not know that event: before it is asked again some time passes. */
  let tries = 0
  /** The position that the server did not give a stream for. */
  let refused: string | undefined

  const position = (): Position => ({ term: counted, count, cursor: history.cursor })

  function greet(anew = !synced): void {
    if (anew) {
      greeting += 1
      isHelpless = false
    }
    const at = anew ? position() : undefined
    const passed = anew ? history.passed() : []
    const { told } = inbox
    post({ type: 'hello', greeting, wishes: options.wishes(), at, passed, told, connect: joining })
  }

  function outOfStep(): void {
    greeting += 1
    synced = isHelpless = false
    mayRead = true
    tries = 0
    due = undefined
  }

  /** Something was said that did not arrive, as to a page in the back/forward cache. */
  function lose(): void {
    outOfStep()
    greet()
  }

  function accept(entry: Entry): void {
    const isEvent = !entry.event.startsWith('sse.')
    if (entry.identified && isEvent && ahead.delete(entry.lastEventId)) {
      whole()
      return
    }
    if (entry.event === 'sse.gap') ahead.clear()
    if (entry.identified && isEvent && ahead.size > 0) {
      // The leader has passed what is this tab's: the rest will not come. What is others' alone is behind it.
      if (inbox.takes(entry)) ahead.clear()
      else isPartial = true
    }
    // What a leader that is behind this tab says counts at once; its place in the log is behind this tab's.
    const own = ahead.size > 0 ? { ...entry, lastEventId: history.cursor, identified: false } : entry
    history.push(own)
    inbox.deliver(own)
    for (const [id, seen] of ahead) if (!inbox.takes(seen)) ahead.delete(id)
    whole()
  }

  /** From here on the history has everything that the leader tells. */
  function whole(): void {
    if (!isPartial || !synced || ahead.size > 0) return
    history.restart(history.cursor)
    isPartial = false
  }

  /** The leader cannot tell how it goes on from where this tab stands. The server can. */
  function read(): void {
    if (reading || !isHelpless || !mayRead || history.cursor === '') return
    mayRead = false
    greeting += 1
    counted = 0
    isPartial = true
    history.restart(history.cursor)
    reading = catchUp({ open: options.open, wishes: options.wishes(), hear: readOn, done: hasRead })
  }

  function readOn(told: Told): void {
    const { lastEventId } = told
    const entry = { ...told, identified: lastEventId !== '' && lastEventId !== history.cursor }
    // What has no id is in no log: it comes by the connection of all tabs.
    if (!entry.identified && !entry.event.startsWith('sse.')) return
    history.push(entry)
    joining = false
    // That this tab connects by itself is no new stream to its page, unless it has had none.
    const isResumed = told.event === 'sse.open' && inbox.opened && JSON.parse(told.data).resumed === true
    if (!isResumed) inbox.deliver(entry)
  }

  function hasRead(position: string | undefined): void {
    reading = undefined
    tries = isMissing() ? tries + 1 : 0
    if (position === undefined) {
      refused = history.cursor
      history.restart('')
    } else if (position !== '' && position !== history.cursor) {
      const ping = { event: 'sse.ping', data: '', lastEventId: position, identified: true }
      history.push(ping)
      inbox.deliver(ping)
    }
    greet()
  }

  const isMissing = () => due !== undefined && history.find(due) === undefined

  function hearStatus(status: Status): void {
    if (status.term > term || !synced) {
      if (status.term > term && synced) outOfStep()
      term = status.term
      greet()
    } else if (status.count !== count) lose()
    followed = status.followed
    onState(status.state)
  }

  function hearEntry({ term: of, count: next, entry }: Message & { type: 'entry' }): void {
    if (of > term) post({ type: 'ask', what: 'status' })
    else if (!synced) hearBeside(entry)
    else if (next <= count) return
    else if (next > count + 1) lose()
    else {
      count = next
      accept(entry)
    }
  }

  /** Out of step the tab cannot take an entry. But it learns from it when to ask the server again. */
  function hearBeside(entry: Entry): void {
    if (entry.event === 'sse.channels' && entry.to === options.id) {
      // Before its first stream it is told with that.
      if (inbox.opened) inbox.deliver({ ...entry, lastEventId: history.cursor })
      return
    }
    const isEvent = !entry.event.startsWith('sse.')
    if (isEvent && entry.identified && inbox.takes(entry)) due = entry.lastEventId
    else if (entry.event !== 'sse.open' && entry.event !== 'sse.gap') return
    if (tries === 0) mayRead = true
    read()
  }

  function hearWelcome({
    greeting: of,
    at,
    status,
    entries,
    after,
    told,
  }: Message & { type: 'welcome' }): void {
    if (synced && status.term === term) return
    // There is, or will be, an answer to a later greeting.
    if (of !== greeting || JSON.stringify(at) !== JSON.stringify(position())) return
    term = status.term
    followed = status.followed
    onState(status.state)
    if (!entries) {
      isHelpless = true
      read()
      return
    }
    rest()
    if (after !== undefined || counted !== term) meet(after)
    counted = status.term
    count = status.count
    synced = true
    enter(status, entries, told)
    whole()
  }

  /** What this tab has been told after the place where it meets the leader will come again. */
  function meet(after: string | undefined): void {
    ahead.clear()
    if (after === undefined) return
    for (const entry of history.after(history.find(after) ?? history.size))
      if (entry.identified && !entry.event.startsWith('sse.') && inbox.takes(entry))
        ahead.set(entry.lastEventId, entry)
  }

  /** Takes its place in the group. */
  function enter(status: Status, entries: readonly Entry[], told: readonly Entry[]): void {
    const cursor = history.cursor
    const isNew = joining && !inbox.opened
    joining = false
    if (!cursor) history.restart(status.cursor)
    const place = { lastEventId: history.cursor, identified: false }
    const deliver = (entry: Entry) => inbox.deliver({ ...entry, ...place })
    for (const entry of told) {
      if (entry.event !== 'sse.open') deliver(entry)
      else if (isNew)
        deliver({ ...entry, data: reopen(entry, refused !== undefined ? false : cursor ? true : null) })
    }
    if (!cursor) deliver({ event: 'sse.ping', data: '', ...place })
    if (refused !== undefined)
      deliver({ event: 'sse.gap', data: JSON.stringify({ reason: 'unknown', requested: refused }), ...place })
    refused = undefined
    for (const entry of entries) {
      // Streams that began before it came are none to its page.
      if (isNew && entry.event === 'sse.open') history.push(entry)
      else accept(entry)
    }
  }

  function rest(): void {
    if (reading) mayRead = true
    reading?.close()
    reading = undefined
  }

  return {
    get term() {
      return term
    },
    get synced() {
      return synced
    },
    get joining() {
      return joining
    },
    hear(message) {
      const of = message.type === 'welcome' ? message.status.term : 'term' in message ? message.term : 0
      if (of < term) return
      heard = true
      if (message.type === 'status') hearStatus(message)
      else if (message.type === 'entry') hearEntry(message)
      else if (message.type === 'welcome' && message.to === options.id) hearWelcome(message)
    },
    wish() {
      if (inbox.wish()) history.mark()
    },
    greet,
    leave: inbox.leave,
    deliver: inbox.deliver,
    lost() {
      outOfStep()
      post({ type: 'ask', what: 'status' })
    },
    lead(next) {
      const isWhole = synced && !isPartial && ahead.size === 0
      rest()
      term = next
      counted = 0
      joining = false
      outOfStep()
      ahead.clear()
      if (isWhole) return followed
      // Others are not served from what this tab was told alone, but by the server.
      history.restart(history.cursor)
      isPartial = false
      return new Map([...followed.keys()].map((wish) => [wish, undefined]))
    },
    heard() {
      const was = heard
      heard = false
      return was
    },
    beat() {
      if (synced || reading) return
      if (isMissing() && tries < TRIES) mayRead = true
      else if (isMissing()) {
        // By then it is one from before this tab's position.
        due = undefined
        tries = 0
      }
      read()
    },
    rest,
  }
}

/** An `sse.open` as it is for one tab. */
const reopen = ({ data }: Entry, resumed: boolean | null): string =>
  JSON.stringify({ ...JSON.parse(data), resumed })
