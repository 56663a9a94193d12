import { batchLength, closedError, totalBytes } from '@sse/core/internal'
import type { Log } from '../log/log.ts'

/** What one statement sends at most. */
const mostOfBatch = { entries: 256, bytes: 262_144 }
/** What may wait for PostgreSQL. Further signals are dropped. */
const mostWaiting = { entries: 1_000, bytes: 1_048_576 }

interface PendingSignal {
  readonly text: string
  readonly bytes: number
  readonly done: () => void
}

/** Sends signals in batches, one batch at a time. Each signal is sent once or dropped. */
export class Signals {
  readonly #log: Log
  readonly #isUp: () => boolean
  readonly #onSent: () => void
  readonly #waiting: PendingSignal[] = []
  #bytes = 0
  #running: Promise<void> | undefined
  #closed = false

  constructor(log: Log, isUp: () => boolean, onSent: () => void) {
    this.#log = log
    this.#isUp = isUp
    this.#onSent = onSent
  }

  /** Resolves when the signal was sent or dropped. @throws (rejected) {SseError} `closed` */
  send(text: string): Promise<void> {
    if (this.#closed) return Promise.reject(closedError())
    const bytes = Buffer.byteLength(text)
    const isFull = this.#waiting.length >= mostWaiting.entries || this.#bytes + bytes > mostWaiting.bytes
    if (isFull || !this.#isUp()) return Promise.resolve()
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
      if (this.#isUp()) {
        // A lost signal is not sent again: it may have arrived, and no signal may arrive twice.
        await this.#log.signal(batch.map(({ text }) => text)).then(this.#onSent, () => {})
      }
      for (const { done } of batch) done()
    }
    this.#running = undefined
  }
}
