import { SseError } from '../errors.ts'
import type { Broker, Receiver } from './broker.ts'

/** The result of `broker.start`. */
type Started = Awaited<ReturnType<Broker['start']>>

/** The first and the longest retry delay, in milliseconds. It doubles with every failure, and is drawn between its half and itself. */
const backoff = { base: 100, max: 10_000 }

/** Milliseconds of failures after which `ready` rejects. The attempts continue. */
const readyTimeout = 30_000

/** Errors that only an operator can fix. `ready` rejects at once, because waiting would hide them. */
const permanent: readonly SseError['code'][] = [
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
  /** Called after `started`. */
  readonly receiver: Receiver
  readonly started: (start: Started) => void
  /** Called with the first error, and with every error that differs from the one before. */
  readonly failed: (error: unknown) => void
}

/** Starts a broker, and retries until it succeeds. After a failed attempt, later calls of its receiver are dropped. */
export class Start {
  readonly #options: StartOptions
  #ready = deferred()
  /** Whether `ready` has rejected. Then the next read of `ready` waits for the next attempts. */
  #rejected = false
  /** The start of the attempts that `ready` waits for, by the monotonic clock. */
  #since = performance.now()
  #attempts = 0
  #lastMessage: string | undefined
  #failure: unknown
  #done = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: StartOptions) {
    this.#options = options
    void this.#try()
  }

  get ready(): Promise<void> {
    if (this.#rejected && !this.#done) {
      this.#ready = deferred()
      this.#rejected = false
      this.#since = performance.now()
      this.#timer?.ref()
    }
    return this.#ready.promise
  }

  /** Why the last attempt has failed; `undefined` if none has. */
  get failure(): unknown {
    return this.#failure
  }

  /** Stops the attempts. */
  close(error: SseError): void {
    if (this.#done) return
    this.#done = true
    clearTimeout(this.#timer)
    this.#ready.reject(error)
  }

  async #try(): Promise<void> {
    const { broker, receiver, started } = this.#options
    let state: 'starting' | 'started' | 'failed' = 'starting'
    /** Calls of the receiver before `broker.start` has resolved. */
    const buffered: (() => void)[] = []
    const forward = (call: () => void) => {
      if (state === 'started') call()
      else if (state === 'starting') buffered.push(call)
    }
    this.#attempts++
    try {
      const start = await broker.start(forwarding(receiver, forward))
      if (this.#done) return
      this.#done = true
      started(start)
      state = 'started'
      for (const call of buffered) call()
      this.#ready.resolve()
    } catch (error) {
      state = 'failed'
      if (!this.#done) this.#failed(error)
    }
  }

  #failed(error: unknown): void {
    this.#failure = error
    const message = error instanceof Error ? error.message : String(error)
    if (message !== this.#lastMessage) {
      this.#lastMessage = message
      this.#options.failed(error)
    }
    const isPermanent = error instanceof SseError && permanent.includes(error.code)
    if (isPermanent || performance.now() - this.#since >= readyTimeout) {
      this.#rejected = true
      this.#ready.reject(error)
    }
    const delay = Math.min(backoff.max, backoff.base * 2 ** (this.#attempts - 1))
    this.#timer = setTimeout(() => void this.#try(), delay * (0.5 + 0.5 * this.#options.random()))
    // The timer keeps the process alive only while the app may be awaiting `ready`.
    if (this.#rejected) this.#timer.unref()
  }
}

/** A receiver that passes every call to `forward`. */
function forwarding(receiver: Receiver, forward: (call: () => void) => void): Receiver {
  return {
    entries: (batch) => forward(() => receiver.entries(batch)),
    discontinuity: (discontinuity) => forward(() => receiver.discontinuity(discontinuity)),
    health: (...state) => forward(() => receiver.health(...state)),
    signal: (text) => forward(() => receiver.signal(text)),
  }
}

/** A promise that may reject although nothing awaits it, because `failed` reports the error. */
function deferred(): PromiseWithResolvers<void> {
  const resolvers = Promise.withResolvers<void>()
  resolvers.promise.catch(() => {})
  return resolvers
}
