import type { SseError } from '@sse/core'

/** Milliseconds between two probes of a log that is down. */
const interval = 1_000

/**
 * Whether the log can be written to. After a failure a probe tries every second, and so does every publish. A damaged file is not tried
 * again, because writing would damage it further.
 */
export class Health {
  readonly #tell: (state: 'up' | 'down', cause?: unknown) => void
  readonly #probe: () => void
  #timer: NodeJS.Timeout | undefined
  #fatal: SseError | undefined
  #stopped = false

  /**
   * @param tell hears each change in a microtask: it may publish, and a write is running now
   * @param probe writes something, and throws if that fails
   */
  constructor(tell: (state: 'up' | 'down', cause?: unknown) => void, probe: () => void) {
    this.#tell = (...told) => queueMicrotask(() => tell(...told))
    this.#probe = probe
  }

  get state(): 'up' | 'down' {
    return this.#timer || this.#fatal ? 'down' : 'up'
  }

  /** @throws the error by which the log was found damaged */
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
    if (state === 'up') this.#tell('down', error)
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
