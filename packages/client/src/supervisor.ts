import { backoff } from './backoff.ts'
import type { Clock } from './clock.ts'
import type { SseClose } from './control.ts'
import { judge } from './policy.ts'
import type { Source, SourceEvents } from './source.ts'
import type { SseCloseReason, SseFailure, SseState } from './state.ts'
import { onWakeup } from './wakeup.ts'
import { createWatchdog, type Watchdog } from './watchdog.ts'

export interface SupervisorOptions {
  /** Starts one attempt. */
  readonly open: (events: Omit<SourceEvents, 'message'>) => Source
  readonly onState: (state: SseState) => void
  readonly refresh: (() => unknown) | undefined
  /** Milliseconds. */
  readonly base: number
  readonly max: number
  readonly maxAttempts: number
  /** Milliseconds of silence to bear; `auto`: what the server announces decides. */
  readonly watchdog: 'auto' | number | false
  readonly clock: Clock
}

/** Milliseconds a connection must hold to count as one, where no heartbeat was announced. */
const HOLD = 5000

/** Silence to bear, in heartbeats: two may be missed, and half a one for the way. */
const HEARTBEATS = 2.5

/**
 * Keeps one connection up. It owns the reconnecting: a source serves one connection, and is closed and replaced at its first error, so that
 * every EventSource behaves alike and the time to wait is decided here alone.
 */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #watchdog: Watchdog
  #state: SseState = { status: 'idle' }
  #source: Source | undefined
  #timer: unknown
  #stopWaking: (() => void) | undefined
  /** Attempts that failed since a connection held. */
  #failures = 0
  /** A waiting client is not woken before: the server asked for this time. */
  #earliest = 0
  /** What the server announced: its reconnection time, and the heartbeat of its newest stream. */
  #retry: number | undefined
  #heartbeat = 0
  /** `refresh` was called since the last open, and whether it has yet to settle. */
  #refreshed = false
  #refreshing = false

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#watchdog = createWatchdog(options.clock, () => {
      this.#failed({ code: 'silence', message: 'The server has gone silent' })
    })
  }

  get state(): SseState {
    return this.#state
  }

  get isRunning(): boolean {
    return this.#stopWaking !== undefined
  }

  /** Connects at once, in place of whatever is up or on its way. */
  connect(): void {
    this.#stopWaking ??= onWakeup(() => this.#wake())
    this.#failures = 0
    this.#attempt()
  }

  close(reason: SseCloseReason, error?: SseFailure): void {
    if (this.#state.status === 'closed') return
    this.#drop()
    this.#stopWaking?.()
    this.#stopWaking = undefined
    this.#refreshed = false
    this.#become(error ? { status: 'closed', reason, error } : { status: 'closed', reason })
  }

  /** The stream has said hello. */
  announced(heartbeat: number): void {
    this.#heartbeat = heartbeat
    this.#watch()
  }

  /** The stream has said goodbye. One that does not say what to do next is simply about to end. */
  dismissed({ reconnect, reason }: SseClose): void {
    if (reconnect === undefined) return
    this.#failed({ code: 'ended', message: reason || 'The server closed the stream', retryAfter: reconnect })
  }

  #attempt(): void {
    this.#drop()
    this.#watch()
    try {
      // While new credentials are on their way an attempt would be refused again: it is made when they are there.
      if (!this.#refreshing) this.#source = this.#options.open(this.#sourceEvents())
    } catch (error) {
      this.#failed({ code: 'network', message: String(error) })
      return
    }
    this.#become({ status: 'connecting', attempt: this.#failures })
  }

  #sourceEvents(): Omit<SourceEvents, 'message'> {
    return {
      opened: () => {
        this.#refreshed = false
        this.announced(0)
        this.#become({ status: 'open', openedAt: this.#options.clock.now() })
      },
      alive: () => this.#watchdog.alive(),
      retry: (milliseconds) => {
        this.#retry = milliseconds
      },
      failed: (failure) => this.#failed(failure),
    }
  }

  #failed(error: SseFailure): void {
    const { refresh, maxAttempts } = this.#options
    if (this.#hasHeld()) this.#failures = 0
    this.#drop()
    const verdict = judge(error, refresh !== undefined && !this.#refreshed)
    if (verdict === 'refresh') this.#refresh()
    else if (verdict !== 'retry') this.close(verdict, error)
    else if (this.#failures + 1 >= maxAttempts) this.close('exhausted', error)
    else this.#wait(error)
  }

  #wait(error: SseFailure): void {
    const { base, max, clock } = this.#options
    const floor = error.retryAfter || undefined
    const input = { failures: this.#failures, base: this.#retry ?? base, max, floor }
    const delay = backoff(input, clock.random)
    const now = clock.now()
    this.#failures += 1
    this.#earliest = now + (floor ?? 0)
    this.#timer = clock.setTimeout(() => this.#attempt(), delay)
    this.#become({ status: 'waiting', attempt: this.#failures, retryAt: now + delay, error })
  }

  async #refresh(): Promise<void> {
    this.#refreshed = this.#refreshing = true
    this.#become({ status: 'connecting', attempt: this.#failures })
    const failure = await Promise.resolve()
      .then(this.#options.refresh)
      .then(
        () => undefined,
        (error): SseFailure => ({ code: 'refresh', message: String(error) }),
      )
    this.#refreshing = false
    if (this.#state.status !== 'connecting') return
    if (failure) this.#failed(failure)
    else this.#attempt()
  }

  #wake(): void {
    const isDue = this.#state.status === 'waiting' && this.#options.clock.now() >= this.#earliest
    if (isDue || this.#watchdog.isSilent()) this.#attempt()
  }

  #watch(): void {
    const { watchdog } = this.#options
    this.#watchdog.watch(watchdog === 'auto' ? HEARTBEATS * this.#heartbeat : watchdog || 0)
  }

  #hasHeld(): boolean {
    if (this.#state.status !== 'open') return false
    return this.#options.clock.now() - this.#state.openedAt >= (this.#heartbeat || HOLD)
  }

  #drop(): void {
    this.#source?.close()
    this.#source = undefined
    this.#options.clock.clearTimeout(this.#timer)
    this.#watchdog.watch(0)
  }

  #become(state: SseState): void {
    this.#state = state
    this.#options.onState(state)
  }
}
