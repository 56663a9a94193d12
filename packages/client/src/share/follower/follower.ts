import type { RawEvent } from '../../connection/connection.ts'
import { comparePositions } from '../../resync/compare-positions.ts'
import type { SseState } from '../../supervisor/state.ts'
import type { SseClient } from '../../types.ts'
import type { History } from '../history.ts'
import { isLogged, type LabelledEvent } from '../labels.ts'
import type {
  Interest,
  LeaderStatus,
  Message,
  MessageBody,
  RelayedEvent,
  Served,
  TabPosition,
} from '../protocol.ts'
import { catchUp } from './catch-up.ts'
import { createInbox } from './inbox.ts'

/** How often the tab asks the server for an event that the server should know. */
const TRIES = 5

/** After how many ticks a tab that is out of step asks the server, although it misses no event. */
const TICKS = 5

export interface FollowerOptions {
  readonly id: string
  readonly history: History
  interests(): readonly Interest[]
  post(message: MessageBody): void
  /** Delivers an event to the page. */
  deliver(event: RawEvent): void
  onState(state: SseState): void
  /** Makes a client for this tab alone, which connects at the cursor of the history. */
  open(): SseClient
}

/** A tab without a connection. It receives the events that the leader relays, and resumes at its own position when the leader changes. */
export function createFollower(options: FollowerOptions) {
  const { history, post, onState } = options
  const inbox = createInbox({ ...options, outdated: () => sayHello() })
  let term = 0
  /** The number of the last event, counted by the leader of the term `counted`. A leader that it is not in step with has another count. */
  let count = 0
  let counted = 0
  let served: Served = new Map()
  /** Whether it is in step with the leader: it knows its position in the leader's count. */
  let synced = false
  /** Whether it has not joined the group yet. */
  let joining = true
  let heard = false
  /** The number of the last `hello`. Only the answer to this one counts. */
  let greeting = 0
  /** Events that this tab has received and its leader has not. They will arrive again. */
  const ahead = new Map<string, RelayedEvent>()
  /** Whether the leader has sent records that were older than those of the page. */
  let lacksRecords = false
  /** The history has gaps for other tabs: a connection of this tab alone receives only its own channels. */
  let isPartial = false

  /** A connection of this tab alone, while the leader cannot serve its position. */
  let catchingUp: (() => void) | undefined
  /** Whether the tab may ask the server once the leader has answered that it cannot serve its position. */
  let mayCatchUp = true
  let cannotBeServed = false
  /** The newest event for this tab that the leader relayed meanwhile. */
  let missed: string | undefined
  /** How often the server was asked and did not know that event. After some tries the tab waits before it asks again. */
  let tries = 0
  let ticks = 0
  /** The cursor at which the server refused a stream. */
  let refused: string | undefined

  const position = (): TabPosition => ({ term: counted, count, cursor: history.cursor })

  /** Sends the leader its interests. With `anew` it also asks for the events after its position, as when it joins or is out of step. */
  function sayHello(anew = !synced): void {
    if (anew) {
      greeting += 1
      cannotBeServed = false
    }
    const at = anew ? position() : undefined
    const passed = anew ? history.passed() : []
    const { told } = inbox
    const lacks = lacksRecords && ahead.size === 0
    if (lacks) lacksRecords = false
    const interests = options.interests()
    post({ type: 'hello', greeting, interests, at, passed, told, lacks, connect: joining })
  }

  function outOfStep(): void {
    greeting += 1
    synced = cannotBeServed = false
    mayCatchUp = true
    tries = 0
    missed = undefined
  }

  /** A message has not arrived, as in a page that was in the back/forward cache. */
  function resync(): void {
    outOfStep()
    sayHello()
  }

  function accept(relayed: RelayedEvent): void {
    const isEvent = isLogged(relayed)
    if (relayed.identified && isEvent && ahead.delete(relayed.lastEventId)) {
      endPartial()
      return
    }
    if (relayed.event === 'sse.gap') goOnAfter(relayed.lastEventId)
    if (relayed.event === 'sse.records' && ahead.size > 0) {
      // The leader's records are older than those of the page. It asks again once the leader is no longer behind.
      history.push(relayed)
      lacksRecords ||= inbox.takes(relayed)
      return
    }
    if (relayed.identified && isEvent && ahead.size > 0) {
      // For this tab: the leader is past what the tab has received, so the rest will not arrive again. For others alone: the leader is not. A change
      // of a record says nothing, because a connection that catches up is not told of it.
      const isOwn = inbox.takes(relayed) && !relayed.record && relayed.event !== 'sse.removed'
      // An older one that the tab did not receive is on a channel that it has joined since.
      const isOlder = isOwn && Number(comparePositions(relayed.lastEventId, history.cursor)) < 0
      if (isOwn && !isOlder) tellOfFork()
      else isPartial = true
      if (isOlder) return
    } else if (
      relayed.event === 'sse.ping' &&
      Number(comparePositions(relayed.lastEventId, history.cursor)) >= 0
    )
      tellOfFork()
    // The leader is behind this tab. Its event counts at once, but the position of the event must not move this tab back.
    const own = ahead.size > 0 ? { ...relayed, lastEventId: history.cursor, identified: false } : relayed
    history.push(own)
    inbox.deliver(own)
    for (const [id, seen] of ahead) if (!inbox.takes(seen)) ahead.delete(id)
    endPartial()
  }

  /** The leader is past what this tab has received, and has not received it: the log has lost it. */
  function tellOfFork(): void {
    if (ahead.size === 0) return
    ahead.clear()
    const data = JSON.stringify({ reason: 'forked', requested: history.cursor })
    inbox.deliver({ event: 'sse.gap', data, lastEventId: history.cursor, identified: false })
  }

  /** After a gap, the leader relays what comes after a position. If this tab has received that, it is ahead of the leader by less. */
  function goOnAfter(position: string): void {
    const isKnown = ahead.has(position)
    for (const id of ahead.keys()) {
      ahead.delete(id)
      if (isKnown && id === position) return
    }
  }

  /** From here on the history has everything that the leader relays. */
  function endPartial(): void {
    if (lacksRecords && synced && ahead.size === 0) sayHello()
    if (!isPartial || !synced || ahead.size > 0) return
    history.restart(history.cursor)
    isPartial = false
  }

  /** The leader cannot serve this tab's position, but the server can. */
  function startCatchUp(): void {
    if (catchingUp || !cannotBeServed || !mayCatchUp || history.cursor === '') return
    mayCatchUp = false
    greeting += 1
    counted = 0
    isPartial = true
    history.restart(history.cursor)
    catchingUp = catchUp({
      ...{ open: options.open, interests: options.interests() },
      ...{ receive: receiveCaughtUp, done: caughtUp },
    })
  }

  function receiveCaughtUp(told: LabelledEvent): void {
    const { lastEventId } = told
    const relayed = { ...told, identified: lastEventId !== '' && lastEventId !== history.cursor }
    // An event without an id is in no log. It arrives on the shared connection.
    if (!relayed.identified && !relayed.event.startsWith('sse.')) return
    history.push(relayed)
    joining = false
    // The page must not see this connection as a new stream, unless it has had none.
    const isResumed = told.event === 'sse.open' && inbox.opened && JSON.parse(told.data).resumed === true
    if (!isResumed) inbox.deliver(relayed)
  }

  function caughtUp(position: string | undefined): void {
    catchingUp = undefined
    tries = isMissing() ? tries + 1 : 0
    if (position === undefined) {
      refused = history.cursor
      history.restart('')
    } else if (position !== '' && position !== history.cursor) {
      const ping = { event: 'sse.ping', data: '', lastEventId: position, identified: true }
      history.push(ping)
      inbox.deliver(ping)
    }
    sayHello()
  }

  const isMissing = () => missed !== undefined && history.find(missed) === undefined

  function receiveStatus(status: LeaderStatus): void {
    if (status.term > term || !synced) {
      if (status.term > term && synced) outOfStep()
      term = status.term
      sayHello()
    } else if (status.count !== count) resync()
    served = status.served
    onState(status.state)
  }

  function receiveRelayed({ term: of, count: next, relayed }: Message & { type: 'event' }): void {
    if (of > term) post({ type: 'ask', what: 'status' })
    else if (!synced) receiveOutOfStep(relayed)
    else if (next <= count) return
    else if (next > count + 1) resync()
    else {
      count = next
      accept(relayed)
    }
  }

  /** A tab that is out of step cannot take an event. But the event shows when to ask the server again. */
  function receiveOutOfStep(relayed: RelayedEvent): void {
    if (relayed.event === 'sse.channels' && relayed.to?.includes(options.id)) {
      // Before its first stream they come with the stream.
      if (inbox.opened) inbox.deliver({ ...relayed, lastEventId: history.cursor })
      return
    }
    const isEvent = isLogged(relayed)
    if (isEvent && relayed.identified && inbox.takes(relayed)) missed = relayed.lastEventId
    else if (relayed.event !== 'sse.open' && relayed.event !== 'sse.gap') return
    if (tries === 0) mayCatchUp = true
    startCatchUp()
  }

  function receiveWelcome({
    greeting: of,
    at,
    status,
    events,
    after,
    told,
  }: Message & { type: 'welcome' }): void {
    if (synced && status.term === term) return
    // A later `hello` has, or will get, its own answer.
    if (of !== greeting || JSON.stringify(at) !== JSON.stringify(position())) return
    term = status.term
    served = status.served
    onState(status.state)
    if (!events) {
      cannotBeServed = true
      startCatchUp()
      return
    }
    stopCatchUp()
    if (after !== undefined || counted !== term) noteAhead(after)
    counted = status.term
    count = status.count
    synced = true
    enter(status, events, told)
    endPartial()
  }

  /** Notes the events that this tab has received after the common position. The leader will relay them again. */
  function noteAhead(after: string | undefined): void {
    ahead.clear()
    if (after === undefined) return
    for (const relayed of history.after(history.find(after) ?? history.size))
      if (relayed.identified && isLogged(relayed) && inbox.takes(relayed))
        ahead.set(relayed.lastEventId, relayed)
  }

  /** Joins the group at the leader's position. */
  function enter(status: LeaderStatus, events: readonly RelayedEvent[], told: readonly RelayedEvent[]): void {
    const cursor = history.cursor
    // Without a cursor, nobody knows what the page has missed, so its stream begins anew. If its cursor was refused, it is told of a gap instead.
    const isFresh = !cursor && refused === undefined
    if (isFresh) inbox.begin()
    const isNew = isFresh || (joining && !inbox.opened)
    joining = false
    if (!cursor) history.restart(status.cursor)
    const place = { lastEventId: history.cursor, identified: false }
    const deliver = (relayed: RelayedEvent) => inbox.deliver({ ...relayed, ...place })
    for (const relayed of told) {
      if (relayed.event !== 'sse.open') deliver(relayed)
      else if (isNew)
        deliver({ ...relayed, data: reopen(relayed, refused !== undefined ? false : cursor ? true : null) })
    }
    if (!cursor) deliver({ event: 'sse.ping', data: '', ...place })
    if (refused !== undefined)
      deliver({ event: 'sse.gap', data: JSON.stringify({ reason: 'unknown', requested: refused }), ...place })
    refused = undefined
    for (const relayed of events) {
      // Streams that began before it joined are not new to its page.
      if (isNew && relayed.event === 'sse.open') history.push(relayed)
      else accept(relayed)
    }
  }

  function stopCatchUp(): void {
    if (catchingUp) mayCatchUp = true
    catchingUp?.()
    catchingUp = undefined
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
    receive(message: Message): void {
      const of = message.type === 'welcome' ? message.status.term : 'term' in message ? message.term : 0
      if (of < term) return
      heard = true
      if (message.type === 'status') receiveStatus(message)
      else if (message.type === 'event') receiveRelayed(message)
      else if (message.type === 'welcome' && message.to === options.id) receiveWelcome(message)
    },
    updateInterests(): void {
      if (inbox.updateInterests()) history.mark()
    },
    sayHello,
    leave: inbox.leave,
    deliver: inbox.deliver,
    /** The tab was away and is out of step. */
    lost(): void {
      outOfStep()
      post({ type: 'ask', what: 'status' })
    },
    /** The tab leads from here, in this term. @returns the interests that the last leader served */
    lead(next: number): Served {
      const isWhole = synced && !isPartial && ahead.size === 0
      stopCatchUp()
      term = next
      counted = 0
      joining = false
      outOfStep()
      ahead.clear()
      if (isWhole) return served
      // Other tabs cannot be served from what this tab alone has received.
      history.restart(history.cursor)
      isPartial = false
      return new Map([...served.keys()].map((interest) => [interest, undefined]))
    },
    /** Whether a leader has sent a message since the last call. */
    heardLeader(): boolean {
      const was = heard
      heard = false
      return was
    },
    /** Some time has passed: the tab may try to catch up again. */
    tick(): void {
      if (synced || catchingUp) return
      if (!isMissing()) {
        // On a quiet log no event may ever come. The server's position then is one that the leader has passed too.
        if (++ticks % TICKS === 0) mayCatchUp = true
      } else if (tries < TRIES) mayCatchUp = true
      else {
        // After so many tries the event must be one from before this tab's position.
        missed = undefined
        tries = 0
      }
      startCatchUp()
    },
    stopCatchUp,
  }
}

/** An `sse.open` in the form for one tab. */
const reopen = ({ data }: RelayedEvent, resumed: boolean | null): string =>
  JSON.stringify({ ...JSON.parse(data), resumed })
