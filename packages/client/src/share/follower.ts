import type { SseState } from '../state.ts'
import type { History } from './history.ts'
import type { Entry, Followed, Message, Position, Status, Wish, Word } from './protocol.ts'

export interface FollowerOptions {
  readonly id: string
  readonly history: History
  wishes(): readonly Wish[]
  post(word: Word): void
  deliver(entry: Entry): void
  onState(state: SseState): void
}

/** A tab without a connection: it hears what the leader hands on, and reads on from where it stands when leaders change. */
export interface Follower {
  readonly term: number
  /** What the leader follows, for its successor. */
  readonly followed: Followed
  /** Whether it knows where it stands with the leader. */
  readonly synced: boolean
  /** Whether it is still on its way into the group. */
  readonly joining: boolean
  hear(message: Message): void
  /** Tells the leader its wishes. Anew: and asks how things stand, as at the start and whenever it cannot know. */
  greet(anew?: boolean): void
  /** The tab has been away: it cannot know where it stands. */
  lost(): void
  /** Hands an entry to the page, as it is for this tab. */
  deliver(entry: Entry): void
  /** The tab leads from here, in this term. */
  lead(term: number): void
  /** Whether a leader was heard since this was asked last. */
  heard(): boolean
}

export function createFollower(options: FollowerOptions): Follower {
  const { id, history, wishes, post, onState } = options
  let term = 0
  /** How far it has got, and by whose count: not that of a leader it has yet to get in step with. */
  let count = 0
  let counted = 0
  let followed: Followed = new Map()
  let synced = false
  let joining = true
  let heard = false
  /** It came without a cursor, and no stream has begun since: to this tab the next one is not a resumed one. */
  let fresh = history.cursor === ''
  /** Events that this tab has seen and its leader has not: they will come again. */
  const ahead = new Set<string>()

  const position = (): Position => ({ term: counted, count, cursor: history.cursor })

  function greet(anew = false): void {
    post({ type: 'hello', wishes: wishes(), at: anew ? position() : undefined, connect: joining })
  }

  function deliver(entry: Entry): void {
    const first = fresh && entry.event === 'sse.open'
    if (first) fresh = false
    options.deliver(first ? { ...entry, data: reopen(entry, null) } : entry)
  }

  function accept(entry: Entry): void {
    const isControl = entry.event.startsWith('sse.')
    if (entry.identified && !isControl && ahead.delete(entry.lastEventId)) return
    if (entry.event === 'sse.gap') ahead.clear()
    // What the leader says of its stream counts at once; its place in the log is behind this tab's.
    const own =
      isControl && ahead.size > 0 ? { ...entry, lastEventId: history.cursor, identified: false } : entry
    history.push(own)
    deliver(own)
  }

  /** A leader is new to this tab, or the tab does not know where it stands with it. */
  function adopt(status: Status): void {
    term = status.term
    // The same leader knows by its count what this tab has missed; another one may be behind it.
    if (term === counted) {
      greet(true)
      return
    }
    const place = joining ? undefined : history.find(status.cursor)
    synced = place !== undefined && wishes().every((wish) => status.followed.has(wish))
    if (synced) keepStep(status)
    ahead.clear()
    for (const { event, identified, lastEventId } of synced ? history.after(place ?? 0) : []) {
      if (identified && !event.startsWith('sse.')) ahead.add(lastEventId)
    }
    greet(!synced)
  }

  function keepStep(status: Status): void {
    counted = status.term
    count = status.count
  }

  function update(status: Status): void {
    followed = status.followed
    onState(status.state)
  }

  function hearStatus(status: Status): void {
    if (status.term > term || !synced) adopt(status)
    else if (status.count !== count) lose()
    update(status)
  }

  function hearEntry({ term: of, count: next, entry }: Message & { type: 'entry' }): void {
    if (of > term) post({ type: 'ask', what: 'status' })
    else if (!synced || next <= count) return
    else if (next > count + 1) lose()
    else {
      count = next
      accept(entry)
    }
  }

  /** Something was said that did not arrive, as to a page in the back/forward cache. */
  function lose(): void {
    synced = false
    greet(true)
  }

  function hearWelcome({ at: asked, status, entries, told }: Message & { type: 'welcome' }): void {
    if (synced && status.term === term) return
    // An answer to a greeting of before: there is, or will be, one to the last.
    if (JSON.stringify(asked) !== JSON.stringify(position())) return
    const [wasJoining, from] = [joining, history.cursor]
    const open = told.find(({ event }) => event === 'sse.open')
    term = status.term
    if (term !== counted || !entries) ahead.clear()
    keepStep(status)
    synced = true
    joining = false
    update(status)
    if (!from || !entries) history.restart(status.cursor)
    const at = { lastEventId: history.cursor, identified: false }
    if (wasJoining && open) {
      deliver({ ...open, ...at, data: reopen(open, from ? entries !== undefined : null) })
    } else if (!from) deliver({ ...at, event: 'sse.ping', data: '' })
    if (!entries) {
      deliver({ ...at, event: 'sse.gap', data: JSON.stringify({ reason: 'unknown', requested: from }) })
    }
    for (const entry of entries ?? []) accept(entry)
    for (const entry of wasJoining ? told : []) {
      if (entry !== open) deliver({ ...entry, ...at, lastEventId: history.cursor })
    }
  }

  return {
    get term() {
      return term
    },
    get followed() {
      return followed
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
      else if (message.type === 'welcome' && message.to === id) hearWelcome(message)
    },
    greet,
    deliver,
    lost() {
      synced = false
      post({ type: 'ask', what: 'status' })
    },
    lead(next) {
      term = next
      counted = 0
      joining = synced = false
      ahead.clear()
    },
    heard() {
      const was = heard
      heard = false
      return was
    },
  }
}

/** An `sse.open` as it is for one tab. */
const reopen = ({ data }: Entry, resumed: boolean | null): string =>
  JSON.stringify({ ...JSON.parse(data), resumed })
