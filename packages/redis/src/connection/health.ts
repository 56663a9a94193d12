import type { ReconnectingConnection } from '@sse/core/internal'
import type { Connection } from './connection.ts'

/** Tells whether all of these connections are up: when that is known first, and at each change. */
export class Health {
  readonly #connections: readonly ReconnectingConnection<Connection>[]
  readonly #tell: (state: 'up' | 'down', cause?: unknown) => void
  readonly #stop: readonly (() => void)[]
  #state: 'up' | 'down' | undefined

  constructor(
    connections: readonly ReconnectingConnection<Connection>[],
    tell: (state: 'up' | 'down', cause?: unknown) => void,
  ) {
    this.#connections = connections
    this.#tell = tell
    this.#stop = connections.map((connection) =>
      connection.listen((state, error) => this.#changed(state, error)),
    )
  }

  stop(): void {
    for (const stop of this.#stop) stop()
  }

  #changed(of: 'up' | 'down', cause: unknown): void {
    const state = of === 'up' && this.#connections.every(({ current }) => current) ? 'up' : 'down'
    // At the start one connection is up before the other. That is not a failure.
    if (state === this.#state || (of === 'up' && state === 'down')) return
    this.#state = state
    this.#tell(state, cause)
  }
}
