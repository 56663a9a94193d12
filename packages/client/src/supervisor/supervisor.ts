import type { Clock } from '../clock.ts'
import type { Connection, ConnectionEvents, Fallback } from '../connection/connection.ts'
import type { Cursor } from '../cursor/cursor.ts'
import type { SseClose } from '../events/control-events.ts'
import type { Settings } from '../options.ts'
import { backoff } from './backoff.ts'
import { createDeadline } from './deadline.ts'
import { onWakeup } from './page-events.ts'
import { decide } from './retry-policy.ts'
import type { SseCloseReason, SseFailure, SseState } from './state.ts'

export interface SupervisorOptions extends Omit<Settings, 'maxEventBytes'> {
  /** Starts one attempt. */
  readonly open: (events: Omit<ConnectionEvents, 'receive'>, fallback: Fallback) => Connection
  readonly onState: (state: SseState) => void
  readonly cursor: Pick<Cursor, 'received' | 'drop'>
  readonly refresh: (() => unknown) | undefined
  readonly clock: Clock
}

/** Keeps one connection up, for one life of the client: from `connect()` until it closes. */
export interface Supervisor {
  readonly state: SseState
  readonly isRunning: boolean
  /** Connects now, and replaces the present connection or attempt. */
  connect(): void
  close(): void
  /** The stream has sent `sse.open`. */
  announced(heartbeat: number): void
  /** The stream has sent `sse.close`. Without a `reconnect` it only announces its end. */
  dismissed(close: SseClose): void
}

/** Milliseconds that a connection must last to count as stable, where no heartbeat was announced. */
const STABLE = 5000

/** The silence allowed, in heartbeats: two may be missing, plus half a one for the network. */
const HEARTBEATS = 2.5

/** Milliseconds: two refusals with no stream in between are in a row if they are less apart. */
const IN_A_ROW = 60_000

const NEVER = Number.NEGATIVE_INFINITY

/** Milliseconds within which several events of one waking page count once. */
const WAKING = 1000

/**
 * Keeps one connection up. The supervisor alone reconnects: it closes a connection at its first error and replaces it. So every kind of
 * connection behaves alike, and the delay is decided here. It also holds everything that is learned during one life of the client; the next
 * life has a new supervisor and starts with none of it.
 */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { clock, connectTimeout, cursor, max, maxAttempts, refresh, watchdog } = options
  const fallback: Fallback = { after: options.after, retry: options.retry, until: 0 }
  /** While waiting: the next attempt. While connecting: the answer. While open: the watchdog. */
  const deadline = createDeadline(clock, overdue)
  let state: SseState = { status: 'idle' }
  let stopWaking: (() => void) | undefined
  let connection: Connection | undefined
  /** Attempts that have failed since the last stable connection. */
  let failures = 0
  /** The server asked for this time. Not even a waking page reconnects earlier. */
  let earliest = 0
  /** What the server announced: its reconnection time, and the heartbeat of its newest stream. */
  let { base } = options
  let heartbeat = 0
  /** When credentials were refused, if no stream has opened since. */
  let refusedAt = NEVER
  /** The `refresh` that has not settled yet. */
  let refreshing: object | undefined
  /** When a waking page last started an attempt. */
  let wokenAt = NEVER

  function become(next: SseState): void {
    state = next
    options.onState(next)
  }

  function drop(): void {
    connection?.close()
    connection = undefined
    deadline.set(Number.POSITIVE_INFINITY)
  }

  function attempt(): void {
    drop()
    deadline.set(connectTimeout)
    try {
      connection = options.open(events, fallback)
    } catch (error) {
      failed({ code: 'network', message: String(error) })
      return
    }
    become({ status: 'connecting', attempt: failures })
  }

  const events: Omit<ConnectionEvents, 'receive'> = {
    opened() {
      refusedAt = NEVER
      announced(0)
      become({ status: 'open', openedAt: clock.now() })
    },
    alive: deadline.restart,
    retry(milliseconds) {
      base = milliseconds
    },
    failed,
  }

  function announced(interval: number): void {
    heartbeat = interval
    const allowed = watchdog === 'auto' ? HEARTBEATS * heartbeat : watchdog
    deadline.set(allowed || Number.POSITIVE_INFINITY)
  }

  function overdue(): void {
    if (state.status === 'waiting') attempt()
    else {
      // The credentials were not renewed, so another refusal is not the second in a row.
      if (refreshing) refusedAt = NEVER
      failed({
        code: 'silence',
        message: `${refreshing ? '`refresh`' : 'The server'} was silent for too long`,
      })
    }
  }

  function failed(error: SseFailure): void {
    if (state.status === 'closed') return
    refreshing = undefined
    if (state.status === 'open' && clock.now() - state.openedAt >= (heartbeat || STABLE)) failures = 0
    drop()
    const mayRefresh = !!refresh && !isNear(refusedAt, IN_A_ROW)
    const decision = decide(error, { mayRefresh, hasCursor: !!cursor.received })
    if (decision === 'refresh') void renew()
    else if (decision === 'drop cursor') {
      cursor.drop()
      attempt()
    } else if (decision !== 'retry') end(decision, error)
    else if (failures + 1 >= maxAttempts) end('exhausted', error)
    else wait(error)
  }

  function wait(error: SseFailure): void {
    const floor = error.retryAfter === false ? undefined : error.retryAfter
    const delay = backoff({ failures, base, max, floor }, clock.random)
    const now = clock.now()
    failures += 1
    earliest = now + (floor ?? 0)
    deadline.set(delay)
    become({ status: 'waiting', attempt: failures, retryAt: now + delay, error })
  }

  /** Gets new credentials, then attempts again. An attempt before that would be refused too. */
  async function renew(): Promise<void> {
    const mine = {}
    refreshing = mine
    refusedAt = clock.now()
    deadline.set(connectTimeout)
    become({ status: 'connecting', attempt: failures })
    let failure: SseFailure | undefined
    try {
      await null // not within the turn of the answer
      if (refreshing === mine) await refresh?.()
    } catch (error) {
      failure = { code: 'refresh', message: String(error) }
    }
    // It may have been given up, or belong to an earlier life.
    if (refreshing !== mine) return
    refreshing = undefined
    if (failure) failed(failure)
    else attempt()
  }

  /** Checks the connection now, but never before a time that the server asked for. */
  function wake(wasCached: boolean | undefined): void {
    const { status } = state
    // A running request may use a network that is gone, unless the page was just loaded.
    const isStuck = status === 'connecting' && !refreshing && wasCached !== false && !isNear(wokenAt, WAKING)
    const isDue = status === 'waiting' && clock.now() >= earliest
    if (isStuck || isDue || (status === 'open' && (wasCached || deadline.isOver()))) {
      wokenAt = clock.now()
      attempt()
    } else if (status === 'connecting' && deadline.isOver()) overdue()
  }

  /** Whether less than `time` has passed. If the clock has jumped meanwhile, the time counts as passed. */
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
