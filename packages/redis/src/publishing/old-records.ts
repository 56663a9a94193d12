import { type ReconnectingConnection, type RecordLimits, recordCheckInterval } from '@sse/core/internal'
import type { Connection } from '../connection/connection.ts'
import type { Keys } from '../log/keys.ts'
import { newEpoch, newNonce } from '../log/log-state.ts'
import { removeOldRecords } from '../log/scripts.ts'

/** Records that one script removes at most, because Redis does nothing else meanwhile. */
const slice = 100

export interface OldRecordsOptions {
  readonly commands: ReconnectingConnection<Connection>
  readonly keys: Keys
  readonly records: RecordLimits
  readonly maxLength: number
}

/** Removes records that nobody has set for long. Several processes may do so: a script removes each record once. */
export class OldRecords {
  readonly #options: OldRecordsOptions
  readonly #timer: NodeJS.Timeout | undefined
  #isRunning = false
  #closed = false

  constructor(options: OldRecordsOptions) {
    this.#options = options
    const interval = recordCheckInterval(options.records)
    if (interval !== undefined) this.#timer = setInterval(() => void this.#run(), interval).unref()
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#timer)
  }

  /** While Redis is away, or denies a command, the records stay. The next look tries again. */
  async #run(): Promise<void> {
    if (this.#isRunning) return
    this.#isRunning = true
    const { commands, keys, records, maxLength } = this.#options
    try {
      for (let removed = slice; removed === slice && !this.#closed; ) {
        const nonces = Array.from({ length: slice }, newNonce)
        const options = [newEpoch(), String(maxLength), String(Math.ceil(records.age)), ...nonces]
        removed = Number((await commands.current?.run(removeOldRecords, keys.withRecords, options)) ?? 0)
      }
    } catch {
    } finally {
      this.#isRunning = false
    }
  }
}
