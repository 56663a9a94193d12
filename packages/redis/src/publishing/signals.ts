import { batchLength, closedError, totalBytes } from '@sse/core/internal'
import type { ReconnectingConnection } from '../connection/reconnecting-connection.ts'
import type { Keys } from '../log/keys.ts'
import { signal } from '../log/scripts.ts'

/** What one script sends at most. */
const mostOfBatch = { entries: 256, bytes: 262_144 }
/** What may wait for Redis. Further signals are dropped. */
const mostWaiting = { entries: 1_000, bytes: 1_048_576 }
/** What the stream of signals keeps for its readers. */
const kept = { entries: 1_000, bytes: 1_048_576, milliseconds: 60_000 }

interface PendingSignal {
  readonly text: string
  readonly bytes: number
  readonly done: () => void
}

/** Sends signals in batches, one batch at a time. Each signal is sent once or dropped. */
export class Signals {
  readonly #commands: ReconnectingConnection
  readonly #keys: Keys
  readonly #waiting: PendingSignal[] = []
  #bytes = 0
  #running: Promise<void> | undefined
  #closed = false

  constructor(commands: ReconnectingConnection, keys: Keys) {
    this.#commands = commands
    this.#keys = keys
  }

  /** Resolves when the signal was sent or dropped. @throws (rejected) {SseError} `closed` */
  send(text: string): Promise<void> {
    if (this.#closed) return Promise.reject(closedError())
    const bytes = Buffer.byteLength(text)
    const isFull = this.#waiting.length >= mostWaiting.entries || this.#bytes + bytes > mostWaiting.bytes
    if (isFull || !this.#commands.current) return Promise.resolve()
    return new Promise((done) => {
      this.#waiting.push({ text, bytes, done })
      this.#bytes += bytes
      this.#running ??= this.#run()
    })
  }

  /** Resolves when all signals were sent or dropped. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  async #run(): Promise<void> {
    // The signals of one turn are one batch.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, batchLength(this.#waiting, mostOfBatch))
      this.#bytes -= totalBytes(batch)
      const args = [kept.entries, kept.bytes, kept.milliseconds, ...batch.map(({ text }) => text)]
      // A lost signal is not sent again: it may have arrived, and no signal may arrive twice.
      await this.#commands.current?.run(signal, [this.#keys.signals], args.map(String)).catch(() => {})
      for (const { done } of batch) done()
    }
    this.#running = undefined
  }
}
