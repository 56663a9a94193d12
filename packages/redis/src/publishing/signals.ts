import { closedError } from '../failure.ts'
import { bytesOf, takeGroup } from './group.ts'
import type { Keys } from '../log/keys.ts'
import type { Line } from '../connection/reconnecting-connection.ts'
import { signal } from '../log/scripts.ts'

/** What one script sends at the most. */
const group = { texts: 256, bytes: 262_144 }
/** What may wait while Redis is asked: what comes beyond is dropped. */
const most = { texts: 1_000, bytes: 1_048_576 }
/** What the stream of the signals keeps for those that read it. */
const kept = { texts: 1_000, bytes: 1_048_576, milliseconds: 60_000 }

interface Signal {
  readonly text: string
  readonly bytes: number
  readonly done: () => void
}

/** Sends signals: in groups, one at a time, and each once or not at all. */
export class Signals {
  readonly #line: Line
  readonly #keys: Keys
  readonly #waiting: Signal[] = []
  #bytes = 0
  #running: Promise<void> | undefined
  #closed = false

  constructor(line: Line, keys: Keys) {
    this.#line = line
    this.#keys = keys
  }

  /** Resolves when it was sent or dropped. @throws (rejected) {SseError} `closed` */
  send(text: string): Promise<void> {
    if (this.#closed) return Promise.reject(closedError())
    const bytes = Buffer.byteLength(text)
    const isFull = this.#waiting.length >= most.texts || this.#bytes + bytes > most.bytes
    if (isFull || !this.#line.connection) return Promise.resolve()
    return new Promise((done) => {
      this.#waiting.push({ text, bytes, done })
      this.#bytes += bytes
      this.#running ??= this.#run()
    })
  }

  /** Resolves when all that was to be sent is sent or dropped. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  async #run(): Promise<void> {
    // Those of one turn are one group.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#waiting.length > 0) {
      const signals = takeGroup(this.#waiting, group.texts, group.bytes)
      this.#bytes -= bytesOf(signals)
      const args = [kept.texts, kept.bytes, kept.milliseconds, ...signals.map(({ text }) => text)]
      // It is tried once: whether a lost one arrived nobody knows, and no signal may come twice.
      await this.#line.connection?.run(signal, [this.#keys.signals], args.map(String)).catch(() => {})
      for (const { done } of signals) done()
    }
    this.#running = undefined
  }
}
