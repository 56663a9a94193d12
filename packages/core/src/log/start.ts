import { SseError } from '../errors.ts'
import type { Broker, Receiver } from './broker.ts'

/** What a broker answers when it has started. */
type Started = Awaited<ReturnType<Broker['start']>>

/** Milliseconds before a broker is started again, doubled with every failure, and the longest. Each is drawn between half and all of it. */
const backoff = { base: 100, max: 10_000 }

/** Milliseconds of failures after which `ready` rejects, although the broker is still tried. */
const patience = 30_000

/** Failures that an operator has to mend: waiting for the broker would only hide them. */
const lasting: readonly SseError['code'][] = [
  'closed',
  'log-corrupt',
  'log-failed',
  'log-gone',
  'log-read-only',
  'invalid-option',
]

export interface StartOptions {
  readonly broker: Broker
  /** A number from 0 to 1. */
  readonly random: () => number
  /** Called once the broker has started, and not before `started`. */
  readonly receiver: Receiver
  readonly started: (start: Started) => void
  /** Called with the first failure, and whenever the reason is another one. */
  readonly failed: (error: unknown) => void
}

/** Starts a broker, as often as it takes. An attempt that failed is over: what its broker hands over later is dropped. */
export class Start {
  readonly #options: StartOptions
  #ready = observed()
  /** Whether `ready` has rejected: then the next that asks waits for what comes of the next attempts. */
  #rejected = false
  /** When the attempts began that `ready` waits for, by the monotonic clock. */
  #since = performance.now()
  #attempts = 0
  #lastMessage: string | undefined
  #done = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: StartOptions) {
    this.#options = options
    void this.#try()
  }

  get ready(): Promise<void> {
    if (this.#rejected && !this.#done) {
      this.#ready = observed()
      this.#rejected = false
      this.#since = performance.now()
      this.#timer?.ref()
    }
    return this.#ready.promise
  }

  /** Tries no more. */
  close(error: SseError): void {
    if (this.#done) return
    this.#done = true
    clearTimeout(this.#timer)
    this.#ready.reject(error)
  }

  async #try(): Promise<void> {
    const { broker, receiver, started } = this.#options
    let state: 'starting' | 'started' | 'failed' = 'starting'
    /** What the broker hands over before it has answered where the log stands. */
    const early: (() => void)[] = []
    const pass = (call: () => void) => {
      if (state === 'started') call()
      else if (state === 'starting') early.push(call)
    }
    this.#attempts++
    try {
      const start = await broker.start(through(receiver, pass))
      if (this.#done) return
      this.#done = true
      started(start)
      state = 'started'
      for (const call of early) call()
      this.#ready.resolve()
    } catch (error) {
      state = 'failed'
      if (!this.#done) this.#failed(error)
    }
  }

  #failed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    if (message !== this.#lastMessage) {
      this.#lastMessage = message
      this.#options.failed(error)
    }
    const isLasting = error instanceof SseError && lasting.includes(error.code)
    if (isLasting || performance.now() - this.#since >= patience) {
      this.#rejected = true
      this.#ready.reject(error)
    }
    const longest = Math.min(backoff.max, backoff.base * 2 ** (this.#attempts - 1))
    const wait = longest * (0.5 + 0.5 * this.#options.random())
    this.#timer = setTimeout(() => void this.#try(), wait)
    // Somebody who awaits `ready` keeps the process alive; nobody does any more.
    if (this.#rejected) this.#timer.unref()
  }
}

/** A receiver whose every call goes through `pass`. */
function through(receiver: Receiver, pass: (call: () => void) => void): Receiver {
  return {
    entries: (batch) => pass(() => receiver.entries(batch)),
    discontinuity: (discontinuity) => pass(() => receiver.discontinuity(discontinuity)),
    health: (state) => pass(() => receiver.health(state)),
    signal: (text) => pass(() => receiver.signal(text)),
  }
}

/** A promise that may reject although nobody awaits it: the failure is reported where the attempt fails. */
function observed(): PromiseWithResolvers<void> {
  const deferred = Promise.withResolvers<void>()
  deferred.promise.catch(() => {})
  return deferred
}
