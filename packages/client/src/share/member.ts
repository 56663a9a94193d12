import type { Clock } from '../clock.ts'
import type { SourceMessage } from '../connection/connection.ts'
import type { SseState } from '../supervisor/state.ts'
import type { SseClient } from '../types.ts'
import type { listenToPage, onWakeup } from '../supervisor/page-events.ts'
import { createElection, type Election, type LocksLike } from './election.ts'
import { createFollower } from './follower/follower.ts'
import { createHistory } from './history.ts'
import { createLeader, type Leader } from './leader/leader.ts'
import { onPageRest } from './page-freeze.ts'
import { groupName, type Message, type ShareOption, type Wish, type Word } from './protocol.ts'

/** Milliseconds between two looks whether the leader is there. It is asked, and must miss two answers to be robbed. */
const BEAT = 2000

/** What is used of a BroadcastChannel. */
export interface ChannelLike {
  addEventListener(type: 'message', listener: (event: { readonly data: Message }) => void): void
  postMessage(message: Message): void
  close(): void
}

/** The browser's parts that tabs meet through. */
export interface MeetingPoint {
  readonly locks: LocksLike
  openChannel(group: string): ChannelLike
}

export interface MemberOptions {
  readonly url: URL
  readonly share?: ShareOption | undefined
  /** Where to go on from. */
  readonly cursor: string
  readonly clock: Clock
  readonly meeting?: MeetingPoint | undefined
  /** Makes a client of this tab's own, whose listeners are given the text of events. */
  open(cursor: string): SseClient
  readonly listenToPage: typeof listenToPage
  readonly onWakeup: typeof onWakeup
  wishes(): readonly Wish[]
  message(message: SourceMessage): void
  state(state: SseState): void
}

/** One tab in its group. It leads or follows; to its page that makes no difference. */
export interface Member {
  /** The wishes have changed. */
  wish(): void
  reconnect(): void
  leave(): void
}

export function createMember(options: MemberOptions): Member {
  const { clock, share, url, wishes, meeting = browser } = options
  const group = groupName(url, Object(share))
  const id = crypto.randomUUID()
  const history = createHistory(options.cursor)
  const post = (word: Word) => channel?.postMessage({ ...word, from: id })
  const follower = createFollower({
    ...{ id, history, wishes, post, deliver: options.message, onState },
    open: () => options.open(history.cursor),
  })
  let state: SseState = { status: 'connecting', attempt: 0 }
  let channel: ChannelLike | undefined
  let election: Election | undefined
  let leader: Leader | undefined
  let watching = new AbortController()
  let timer: unknown
  let misses = 0
  let isTelling = false

  function onState(next: SseState): void {
    if (JSON.stringify(next) === JSON.stringify(state)) return
    state = next
    options.state(next)
  }

  function enter(): void {
    try {
      channel = meeting.openChannel(group)
      channel.addEventListener('message', ({ data }) => hear(data))
      election = createElection({
        ...{ locks: meeting.locks, group, tab: id, elected: lead, failed: leadAlone },
        entered() {
          misses = 0
          if (follower.joining) follower.greet(true)
          else follower.lost()
          look()
        },
        robbed() {
          follow()
          follower.lost()
        },
      })
    } catch {
      leadAlone()
    }
  }

  function exit(): void {
    follow()
    follower.rest()
    clock.clearTimeout(timer)
    // Its last words are out: whoever leads next has heard them, or asks the server again.
    channel?.close()
    channel = undefined
    election?.leave()
    election = undefined
  }

  function lead(): void {
    if (leader) return
    const connects = follower.joining || state.status !== 'closed'
    const term = Math.max(Math.floor(follower.term) + 1, clock.now()) + clock.random()
    watching = new AbortController()
    const { signal } = watching
    const followed = follower.lead(term)
    leader = createLeader({
      ...{ term, history, followed, state, clock, post, onState },
      open: options.open,
      deliver: follower.deliver,
      watch: (tab, gone) => election?.watch(tab, gone, signal),
    })
    leader.wish(id, wishes())
    if (connects) leader.connect()
    leader.hear({ type: 'ask', what: 'status', from: id })
  }

  /** There is no group to be found: a connection of its own. */
  function leadAlone(): void {
    channel?.close()
    channel = undefined
    lead()
  }

  function follow(): void {
    watching.abort()
    leader?.close()
    leader = undefined
  }

  function hear(message: Message): void {
    if (leader && 'term' in message && message.term > follower.term) follow()
    if (leader) leader.hear(message)
    else follower.hear(message)
  }

  /** Timers of a hidden tab run late and those of a frozen one not at all: what a leader says is never tied to one, so it is asked. */
  function look(): void {
    timer = clock.setTimeout(look, BEAT)
    if (!leader) follower.beat()
    misses = leader || follower.heard() ? 0 : misses + 1
    if (misses > 2) {
      misses = 0
      election?.steal(() => new Promise((resolve) => clock.setTimeout(resolve, BEAT)))
    } else if (misses > 0 || !(leader || follower.synced)) post({ type: 'ask', what: 'status' })
  }

  const stopWaking = options.onWakeup(() => post({ type: 'ask', what: 'wake' }))
  const stopListening = onPageRest(options.listenToPage, { rest: exit, wake: enter })
  enter()

  return {
    wish() {
      follower.wish()
      if (isTelling) return
      isTelling = true
      // What is left and joined again in the same turn is not left.
      queueMicrotask(() => {
        isTelling = false
        if (!leader && !channel) return
        follower.leave()
        if (leader) leader.wish(id, wishes())
        else follower.greet()
      })
    },
    reconnect() {
      if (leader) leader.reconnect()
      else post({ type: 'ask', what: 'reconnect' })
    },
    leave() {
      stopWaking()
      stopListening()
      exit()
    },
  }
}

const browser: MeetingPoint = {
  get locks() {
    return navigator.locks as LocksLike
  },
  openChannel: (group) => new BroadcastChannel(group),
}
