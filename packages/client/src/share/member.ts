import type { Clock } from '../clock.ts'
import type { RawEvent } from '../connection/connection.ts'
import type { listenToPage, onWakeup } from '../supervisor/page-events.ts'
import type { SseState } from '../supervisor/state.ts'
import type { SseClient } from '../types.ts'
import { createElection, type LocksLike } from './election.ts'
import { createFollower } from './follower/follower.ts'
import { createHistory } from './history.ts'
import { createLeader } from './leader/leader.ts'
import { onPageFreeze } from './page-freeze.ts'
import { groupName, type Interest, type Message, type MessageBody, type ShareOption } from './protocol.ts'

/** Milliseconds between two checks of the leader. A tab asks it, and deposes it after two missing answers. */
const CHECK_INTERVAL = 2000

/** What a tab uses of a BroadcastChannel. */
export interface ChannelLike {
  addEventListener(type: 'message', listener: (event: { readonly data: Message }) => void): void
  postMessage(message: Message): void
  close(): void
}

/** The browser's APIs through which tabs find each other. */
export interface BrowserApis {
  readonly locks: LocksLike
  openChannel(group: string): ChannelLike
}

export interface MemberOptions {
  readonly url: URL
  readonly share?: ShareOption | undefined
  /** The position to resume from. */
  readonly cursor: string
  readonly clock: Clock
  readonly apis?: BrowserApis | undefined
  /** Makes a client for this tab alone. Its listeners receive the text of events. */
  open(cursor: string): SseClient
  readonly listenToPage: typeof listenToPage
  readonly onWakeup: typeof onWakeup
  interests(): readonly Interest[]
  receive(event: RawEvent): void
  state(state: SseState): void
}

/** One tab in its group. It leads or follows, and its page sees no difference. */
export interface Member {
  /** The interests have changed. */
  update(): void
  reconnect(): void
  leave(): void
}

export function createMember(options: MemberOptions): Member {
  const { clock, share, url, interests, apis = browserApis } = options
  const group = groupName(url, Object(share))
  const id = crypto.randomUUID()
  const history = createHistory(options.cursor)
  const post = (message: MessageBody) => channel?.postMessage({ ...message, from: id })
  const follower = createFollower({
    ...{ id, history, interests, post, deliver: options.receive, onState },
    open: () => options.open(history.cursor),
  })
  let state: SseState = { status: 'connecting', attempt: 0 }
  let channel: ChannelLike | undefined
  let election: ReturnType<typeof createElection> | undefined
  let leader: ReturnType<typeof createLeader> | undefined
  let watching = new AbortController()
  let timer: unknown
  let misses = 0
  let isUpdating = false

  function onState(next: SseState): void {
    if (JSON.stringify(next) === JSON.stringify(state)) return
    state = next
    options.state(next)
  }

  function enter(): void {
    try {
      channel = apis.openChannel(group)
      channel.addEventListener('message', ({ data }) => receive(data))
      election = createElection({
        ...{ locks: apis.locks, group, tab: id, elected: lead, failed: leadAlone },
        entered() {
          misses = 0
          if (follower.joining) follower.sayHello(true)
          else follower.lost()
          check()
        },
        deposed() {
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
    follower.stopCatchUp()
    clock.clearTimeout(timer)
    // Its last messages are posted. The next leader has received them, or asks the server again.
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
    const served = follower.lead(term)
    leader = createLeader({
      ...{ term, history, served, state, clock, post, onState },
      open: options.open,
      deliver: follower.deliver,
      watch: (tab, gone) => election?.watch(tab, gone, signal),
    })
    leader.setInterests(id, interests())
    if (connects) leader.connect()
    leader.receive({ type: 'ask', what: 'status', from: id })
  }

  /** Without locks or a channel there is no group, so the tab has a connection of its own. */
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

  function receive(message: Message): void {
    if (leader && 'term' in message && message.term > follower.term) follow()
    if (leader) leader.receive(message)
    else follower.receive(message)
  }

  /** Asks the leader whether it is alive. The leader sends nothing by a timer, because timers of a hidden tab run late, and those of a frozen one not at all. */
  function check(): void {
    timer = clock.setTimeout(check, CHECK_INTERVAL)
    if (!leader) follower.tick()
    misses = leader || follower.heardLeader() ? 0 : misses + 1
    if (misses > 2) {
      misses = 0
      election?.steal(() => new Promise((resolve) => clock.setTimeout(resolve, CHECK_INTERVAL)))
    } else if (misses > 0 || !(leader || follower.synced)) post({ type: 'ask', what: 'status' })
  }

  const stopWaking = options.onWakeup(() => post({ type: 'ask', what: 'wake' }))
  const stopListening = onPageFreeze(options.listenToPage, exit, enter)
  enter()

  return {
    update() {
      follower.updateInterests()
      if (isUpdating) return
      isUpdating = true
      // A channel that is left and joined again in the same turn is not left.
      queueMicrotask(() => {
        isUpdating = false
        if (!leader && !channel) return
        follower.leave()
        if (leader) leader.setInterests(id, interests())
        else follower.sayHello()
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

const browserApis: BrowserApis = {
  get locks() {
    return navigator.locks as LocksLike
  },
  openChannel: (group) => new BroadcastChannel(group),
}
