import { createAlarm } from './alarm.ts'
import { backoff } from './backoff.ts'
import type { Clock } from './clock.ts'
import type { SseClose } from './control.ts'
import { judge } from './policy.ts'
import type { Source, SourceEvents } from './source.ts'
import type { SseCloseReason, SseFailure, SseState } from './state.ts'
import { onWakeup } from './wakeup.ts'

export interface SupervisorOptions {
  /** Starts one attempt. */
  readonly open: (events: Omit<SourceEvents, 'message'>) => Source
  readonly onState: (state: SseState) => void
  readonly refresh: (() => unknown) | undefined
  /** Milliseconds. */
  readonly base: number
  readonly max: number
  readonly maxAttempts: number
  /** Milliseconds of silence to bear; 0: any. `auto`: what the server announces decides. */
  readonly watchdog: 'auto' | number
  readonly clock: Clock
}

/** Keeps one connection up. */
export interface Supervisor {
  readonly state: SseState
  readonly isRunning: boolean
  /** Connects at once, in place of whatever is up or on its way. */
  connect(): void
  /** Default: `closed`, as the app does. */
  close(reason?: SseCloseReason, error?: SseFailure): void
  /** The stream has said hello. */
  announced(heartbeat: number): void
  /** The stream has said goodbye. One that does not say what to do next is simply about to end. */
  dismissed(close: SseClose): void
}

/** Milliseconds a connection must hold to count as one, where no heartbeat was announced. */
const HOLD = 5000

/** Silence to bear, in heartbeats: two may be missed, and half a one for the way. */
const HEARTBEATS = 2.5

/**
 * Keeps one connection up. It owns the reconnecting: a source serves one connection, and is closed and replaced at its first error, so that
 * every EventSource behaves alike and the time to wait is decided here alone.
 */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { clock, max, maxAttempts, refresh, watchdog } = options
  /** For the next attempt while waiting for it, else for silence. */
  const alarm = createAlarm(clock, () => {
    if (state.status === 'waiting') attempt()
    else failed({ code: 'silence', message: 'The server is silent' })
  })
  let state: SseState = { status: 'idle' }
  let source: Source | undefined
  let stopWaking: (() => void) | undefined
  /** Attempts that failed since a connection held. */
  let failures = 0
  /** A waiting client is not woken before: the server asked for this time. */
  let earliest = 0
  /** What the server announced: its reconnection time, and the heartbeat of its newest stream. */
  let { base } = options
  let heartbeat = 0
  /** `refresh` was called since the last open, and whether it has yet to settle. */
  let isRefreshed = false
  let isRefreshing = false

  function become(now: SseState): void {
    state = now
    options.onState(now)
  }

  function drop(): void {
    source?.close()
    source = undefined
    alarm.set(Number.POSITIVE_INFINITY)
  }

  function announced(interval: number): void {
    heartbeat = interval
    const bearable = watchdog === 'auto' ? HEARTBEATS * heartbeat : watchdog
    alarm.set(bearable || Number.POSITIVE_INFINITY)
  }

  function attempt(): void {
    drop()
    try {
      // While new credentials are on their way an attempt would be refused again: it is made when they are there.
      if (!isRefreshing) {
        announced(heartbeat)
        source = options.open(events)
      }
    } catch (error) {
      failed({ code: 'network', message: String(error) })
      return
    }
    become({ status: 'connecting', attempt: failures })
  }

  const events: Omit<SourceEvents, 'message'> = {
    opened() {
      isRefreshed = false
      announced(0)
      become({ status: 'open', openedAt: clock.now() })
    },
    alive: alarm.putOff,
    retry(milliseconds) {
      base = milliseconds
    },
    failed,
  }

  function failed(error: SseFailure): void {
    if (state.status === 'open' && clock.now() - state.openedAt >= (heartbeat || HOLD)) failures = 0
    drop()
    const verdict = judge(error, !!refresh && !isRefreshed)
    if (verdict === 'refresh') void renew()
    else if (verdict !== 'retry') close(verdict, error)
    else if (failures + 1 >= maxAttempts) close('exhausted', error)
    else wait(error)
  }

  function wait(error: SseFailure): void {
    const floor = error.retryAfter || 0
    const delay = backoff({ failures, base, max, floor }, clock.random)
    const now = clock.now()
    failures += 1
    earliest = now + floor
    alarm.set(delay)
    become({ status: 'waiting', attempt: failures, retryAt: now + delay, error })
  }

  async function renew(): Promise<void> {
    isRefreshed = isRefreshing = true
    attempt()
    let failure: SseFailure | undefined
    try {
      await null // not within the turn of the answer
      await refresh?.()
    } catch (error) {
      failure = { code: 'refresh', message: String(error) }
    }
    isRefreshing = false
    if (state.status !== 'connecting') return
    if (failure) failed(failure)
    else attempt()
  }

  function wake(wasCached: boolean): void {
    const mayTry = state.status === 'waiting' && clock.now() >= earliest
    const isDead = state.status === 'open' && wasCached
    if (mayTry || isDead || alarm.isDue()) attempt()
  }

  function close(reason: SseCloseReason = 'closed', error?: SseFailure): void {
    if (state.status === 'closed') return
    drop()
    stopWaking?.()
    stopWaking = undefined
    isRefreshed = false
    become({ status: 'closed', reason, ...(error && { error }) })
  }

  return {
    get state() {
      return state
    },
    get isRunning() {
      return !!stopWaking
    },
    connect() {
      stopWaking ??= onWakeup(wake)
      failures = 0
      attempt()
    },
    close,
    announced,
    dismissed({ reconnect, reason }) {
      if (reconnect === undefined) return
      failed({ code: 'ended', message: reason || 'The stream ended', retryAfter: reconnect })
    },
  }
}
