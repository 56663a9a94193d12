import type { Line } from './reconnecting-connection.ts'

/** Whether the log is reached: by all of these lines. Told when it is known, and whenever it changes. */
export class Health {
  readonly #lines: readonly Line[]
  readonly #tell: (state: 'up' | 'down') => void
  readonly #stop: readonly (() => void)[]
  #state: 'up' | 'down' | undefined

  constructor(lines: readonly Line[], tell: (state: 'up' | 'down') => void) {
    this.#lines = lines
    this.#tell = tell
    this.#stop = lines.map((line) => line.listen((state) => this.#heard(state)))
  }

  stop(): void {
    for (const stop of this.#stop) stop()
  }

  #heard(of: 'up' | 'down'): void {
    const state = of === 'up' && this.#lines.every(({ connection }) => connection) ? 'up' : 'down'
    // While the first connections are made nobody is told that some are missing.
    if (state === this.#state || (of === 'up' && state === 'down')) return
    this.#state = state
    this.#tell(state)
  }
}
