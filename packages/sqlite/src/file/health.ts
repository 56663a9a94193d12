import type { SseError } from '@sse/core'

/** Milliseconds between two attempts to reach the log again. */
const interval = 1_000

/**
 * Whether the log can be written to. After a failure it is tried again every second, and by every publish. A damaged file is not: to
 * write on would damage it further.
 */
export class Health {
  readonly #tell: (state: 'up' | 'down') => void
  readonly #probe: () => void
  #timer: NodeJS.Timeout | undefined
  #fatal: SseError | undefined
  #stopped = false

  /**
   * @param tell is told every change, soon: whoever is told may publish, and a write is under way now
   * @param probe writes something, and throws when that fails
   */
  constructor(tell: (state: 'up' | 'down') => void, probe: () => void) {
    this.#tell = (state) => queueMicrotask(() => tell(state))
    this.#probe = probe
  }

  get state(): 'up' | 'down' {
    return this.#timer || this.#fatal ? 'down' : 'up'
  }

  /** @throws what has damaged the log for good */
  check(): void {
    if (this.#fatal) throw this.#fatal
  }

  failed(error: SseError): void {
    if (this.#stopped) return
    const { state } = this
    if (error.code === 'log-corrupt') {
      this.#fatal ??= error
      this.#clear()
    } else if (!this.#fatal) {
      this.#timer ??= setInterval(() => this.#try(), interval).unref()
    }
    if (state === 'up') this.#tell('down')
  }

  succeeded(): void {
    if (!this.#timer) return
    this.#clear()
    this.#tell('up')
  }

  stop(): void {
    this.#stopped = true
    this.#clear()
  }

  #try(): void {
    try {
      this.#probe()
    } catch {
      return
    }
    this.succeeded()
  }

  #clear(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
