import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '../log/log.ts'

/** Entries that one statement removes at most. */
const slice = 1_000
/** Milliseconds between two checks of the limits: after an append, and without one. */
const interval = { busy: 500, quiet: 60_000 }

/** Removes the oldest entries beyond the limits, in slices. Only one process of a log does so at a time. */
export class Trim {
  readonly #log: Log
  /** `age`: milliseconds. */
  readonly #keep: { readonly entries: number; readonly age: number }
  readonly #closing = new AbortController()
  /** The position before the oldest entry, as far as it is known. */
  #base = 0n
  /** Ends the wait for an append. */
  #due: (() => void) | undefined
  readonly #running: Promise<void>

  constructor(log: Log, keep: { readonly entries: number; readonly age: number }) {
    this.#log = log
    this.#keep = keep
    this.#running = this.#run()
  }

  /** Something was appended. */
  appended(): void {
    this.#due?.()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      await this.#wait(interval.quiet)
      await delay(interval.busy, undefined, { signal }).catch(() => {})
      for (let more = true; more && !signal.aborted; ) {
        const trimmed = await this.#log
          .trim(this.#base, this.#keep, slice)
          // The log may have been replaced. Nothing is lost, because the next check trims from its beginning.
          .catch(() => ({ more: false, base: 0n }))
        this.#base = trimmed.base
        more = trimmed.more
      }
    }
  }

  #wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer)
        this.#due = undefined
        this.#closing.signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, milliseconds)
      this.#due = end
      this.#closing.signal.addEventListener('abort', end)
      if (this.#closing.signal.aborted) end()
    })
  }
}
