import { createAlarm } from './deadline.ts'
import { backoff } from './backoff.ts'
import type { Clock } from '../clock.ts'
import type { SseClose } from '../events/control-events.ts'
import type { Cursor } from '../cursor/cursor.ts'
import type { Settings } from '../options.ts'
import { judge } from './retry-policy.ts'
import type { Fallback, Source, SourceEvents } from '../connection/connection.ts'
import type { SseCloseReason, SseFailure, SseState } from './state.ts'
import { onWakeup } from './page-events.ts'

export interface SupervisorOptions extends Omit<Settings, 'maxEventBytes'> {
  /** Starts one attempt. */
  readonly open: (events: Omit<SourceEvents, 'message'>, fallback: Fallback) => Source
  readonly onState: (state: SseState) => void
  readonly cursor: Pick<Cursor, 'received' | 'drop'>
  readonly refresh: (() => unknown) | undefined
  readonly clock: Clock
}

/** Keeps one connection up, for one life of the client: from `connect()` until it is closed. */
export interface Supervisor {
  readonly state: SseState
  readonly isRunning: boolean
  /** Connects at once, in place of whatever is up or on its way. */
  connect(): void
  close(): void
  /** The stream has said hello. */
  announced(heartbeat: number): void
  /** The stream has said goodbye. One that does not say what to do next is simply about to end. */
  dismissed(close: SseClose): void
}

/** Milliseconds a connection must hold to count as one, where no heartbeat was announced. */
const HOLD = 5000

/** Silence to bear, in heartbeats: two may be missed, and half a one for the way. */
const HEARTBEATS = 2.5

/** Milliseconds: two refusals that are less apart, with no stream in between, are in a row. */
const IN_A_ROW = 60_000

const NEVER = Number.NEGATIVE_INFINITY

/** Milliseconds in which several events of one waking page count once. */
const WAKING = 1000

/**
 * Keeps one connection up. It owns the reconnecting: a source serves one connection, and is closed and replaced at its first error, so that
 * every kind of source behaves alike and the time to wait is decided here alone. Whatever is learned on the way is held here: the next life
 * has a supervisor of its own, and begins with nothing of it.
 */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { clock, connectTimeout, cursor, max, maxAttempts, refresh, watchdog } = options
  const fallback: Fallback = { after: options.after, retry: options.retry, until: 0 }
  /** For the next attempt while waiting for it, for an answer while connecting, else for silence. */
  const alarm = createAlarm(clock, overdue)
  let state: SseState = { status: 'idle' }
  let stopWaking: (() => void) | undefined
  let source: Source | undefined
  /** Attempts that failed since a connection held. */
  let failures = 0
  /** A waiting client is not woken before: the server asked for this time. */
  let earliest = 0
  /** What the server announced: its reconnection time, and the heartbeat of its newest stream. */
  let { base } = options
  let heartbeat = 0
  /** When credentials were refused, if no stream has opened since. */
  let refusedAt = NEVER
  /** The `refresh` that has yet to settle. */
  let refreshing: object | undefined
  /** When a page that woke up last had this client try again. */
  let wokenAt = NEVER

  function become(next: SseState): void {
    state = next
    options.onState(next)
  }

  function drop(): void {
    source?.close()
    source = undefined
    alarm.set(Number.POSITIVE_INFINITY)
  }

  function attempt(): void {
    drop()
    alarm.set(connectTimeout)
    try {
      source = options.open(events, fallback)
    } catch (error) {
      failed({ code: 'network', message: String(error) })
      return
    }
    become({ status: 'connecting', attempt: failures })
  }

  const events: Omit<SourceEvents, 'message'> = {
    opened() {
      refusedAt = NEVER
      announced(0)
      become({ status: 'open', openedAt: clock.now() })
    },
    alive: alarm.putOff,
    retry(milliseconds) {
      base = milliseconds
    },
    failed,
  }

  function announced(interval: number): void {
    heartbeat = interval
    const bearable = watchdog === 'auto' ? HEARTBEATS * heartbeat : watchdog
    alarm.set(bearable || Number.POSITIVE_INFINITY)
  }

  function overdue(): void {
    if (state.status === 'waiting') attempt()
    else {
      // What was not refreshed may be refused again.
      if (refreshing) refusedAt = NEVER
      failed({ code: 'silence', message: `${refreshing ? '`refresh`' : 'The server'} is silent` })
    }
  }

  function failed(error: SseFailure): void {
    if (state.status === 'closed') return
    refreshing = undefined
    if (state.status === 'open' && clock.now() - state.openedAt >= (heartbeat || HOLD)) failures = 0
    drop()
    const mayRefresh = !!refresh && !isNear(refusedAt, IN_A_ROW)
    const verdict = judge(error, { mayRefresh, hasCursor: !!cursor.received })
    if (verdict === 'refresh') void renew()
    else if (verdict === 'drop cursor') {
      cursor.drop()
      attempt()
    } else if (verdict !== 'retry') end(verdict, error)
    else if (failures + 1 >= maxAttempts) end('exhausted', error)
    else wait(error)
  }

  function wait(error: SseFailure): void {
    const floor = error.retryAfter === false ? undefined : error.retryAfter
    const delay = backoff({ failures, base, max, floor }, clock.random)
    const now = clock.now()
    failures += 1
    earliest = now + (floor ?? 0)
    alarm.set(delay)
    become({ status: 'waiting', attempt: failures, retryAt: now + delay, error })
  }

  /** While new credentials are on their way an attempt would be refused again: it is made when they are there. */
  async function renew(): Promise<void> {
    const mine = {}
    refreshing = mine
    refusedAt = clock.now()
    alarm.set(connectTimeout)
    become({ status: 'connecting', attempt: failures })
    let failure: SseFailure | undefined
    try {
      await null // not within the turn of the answer
      if (refreshing === mine) await refresh?.()
    } catch (error) {
      failure = { code: 'refresh', message: String(error) }
    }
    // It may have been given up, or belong to a life that is over.
    if (refreshing !== mine) return
    refreshing = undefined
    if (failure) failed(failure)
    else attempt()
  }

  /** Checks at once, whatever it is doing, but never before a time that the server asked for. */
  function wake(wasCached: boolean | undefined): void {
    const { status } = state
    // A request that is under way may be one over a network that is gone, unless the page has only just been loaded.
    const isStuck = status === 'connecting' && !refreshing && wasCached !== false && !isNear(wokenAt, WAKING)
    const isDue = status === 'waiting' && clock.now() >= earliest
    if (isStuck || isDue || (status === 'open' && (wasCached || alarm.isDue()))) {
      wokenAt = clock.now()
      attempt()
    } else if (status === 'connecting' && alarm.isDue()) overdue()
  }

  /** Whether so little time has passed. A clock that jumps meanwhile has it pass. */
  const isNear = (then: number, time: number) => Math.abs(clock.now() - then) < time

  function end(reason: SseCloseReason, error?: SseFailure): void {
    if (state.status === 'closed') return
    refreshing = undefined
    drop()
    stopWaking?.()
    become({ status: 'closed', reason, ...(error && { error }) })
  }

  return {
    get state() {
      return state
    },
    get isRunning() {
      return state.status !== 'idle' && state.status !== 'closed'
    },
    connect() {
      stopWaking ??= onWakeup(wake)
      failures = 0
      if (refreshing) become({ status: 'connecting', attempt: 0 })
      else attempt()
    },
    close: () => end('closed'),
    announced,
    dismissed({ reconnect, reason }) {
      if (reconnect === undefined) return
      failed({ code: 'ended', message: reason || 'The stream ended', retryAfter: reconnect })
    },
  }
}
