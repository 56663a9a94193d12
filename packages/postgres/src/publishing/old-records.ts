import { type RecordLimits, recordCheckInterval } from '@sse/core/internal'
import type { Log } from '../log/log.ts'

/** Records that one statement removes at most. */
const slice = 256

/** Removes records that nobody has set for long. Several processes may do so: a statement removes each record once. */
export class OldRecords {
  readonly #log: Log
  readonly #age: number
  readonly #onRemoved: () => void
  readonly #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #closed = false

  constructor(log: Log, records: RecordLimits, onRemoved: () => void) {
    this.#log = log
    this.#age = records.age
    this.#onRemoved = onRemoved
    const interval = recordCheckInterval(records)
    if (interval !== undefined) this.#timer = setInterval(() => this.#check(), interval).unref()
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    await this.#running
  }

  #check(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  /** While the log is away, the records stay. The next look tries again. */
  async #run(): Promise<void> {
    try {
      for (let removed = slice; removed === slice && !this.#closed; ) {
        removed = await this.#log.removeOldRecords(this.#age, slice)
        if (removed > 0) this.#onRemoved()
      }
    } catch {}
  }
}
