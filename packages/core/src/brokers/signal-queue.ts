import { batchLength, totalBytes } from './batch.ts'
import { closedError } from './log-failure.ts'

/** What is sent at a time at most. */
const mostOfBatch = { entries: 256, bytes: 262_144 }
/** What may wait for the log. Further signals are dropped. */
const mostWaiting = { entries: 1_000, bytes: 1_048_576 }

interface PendingSignal {
  readonly text: string
  readonly bytes: number
  readonly done: () => void
}

export interface SignalQueueOptions {
  /** Whether the log can be reached. If not, signals are dropped. */
  readonly isUp: () => boolean
  readonly send: (texts: readonly string[]) => Promise<unknown> | undefined
}

/** Sends signals in batches, one batch at a time. Each signal is sent once or dropped. */
export class SignalQueue {
  readonly #options: SignalQueueOptions
  readonly #waiting: PendingSignal[] = []
  #bytes = 0
  #running: Promise<void> | undefined
  #closed = false

  constructor(options: SignalQueueOptions) {
    this.#options = options
  }

  /** Resolves when the signal was sent or dropped. @throws (rejected) {SseError} `closed` */
  send(text: string): Promise<void> {
    if (this.#closed) return Promise.reject(closedError())
    const bytes = Buffer.byteLength(text)
    const isFull = this.#waiting.length >= mostWaiting.entries || this.#bytes + bytes > mostWaiting.bytes
    if (isFull || !this.#options.isUp()) return Promise.resolve()
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
      // A lost signal is not sent again: it may have arrived, and no signal may arrive twice.
      await this.#options.send(batch.map(({ text }) => text))?.catch(() => {})
      for (const { done } of batch) done()
    }
    this.#running = undefined
  }
}
