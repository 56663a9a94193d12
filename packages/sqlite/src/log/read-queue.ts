import type { Page } from '@sse/core'
import { closedError } from '@sse/core/internal'

/** What one turn of the event loop reads, counted in entries. Each page counts as a few more, each read as one. */
const turn = { entries: 1_024, page: 8 }

interface Read {
  readonly signal: AbortSignal
  readonly page: PromiseWithResolvers<Page>
}

/** All reads of one page. */
interface PageRead {
  readonly after: string
  readonly limit: number
  readonly reads: Read[]
}

/**
 * A queue of page reads, which limits how long a turn of the event loop reads, also when thousands of clients return at once. Reads of the
 * same page share one.
 */
export class ReadQueue {
  readonly #read: (after: string, limit: number) => Page
  /** By limit and cursor. A map keeps its order, and removes its first without moving the others. */
  readonly #waiting = new Map<string, PageRead>()
  #scheduled = false

  constructor(read: (after: string, limit: number) => Page) {
    this.#read = read
  }

  add(after: string, limit: number, signal: AbortSignal): Promise<Page> {
    const page = Promise.withResolvers<Page>()
    const key = `${limit} ${after}`
    const queued = this.#waiting.get(key)
    if (queued) queued.reads.push({ signal, page })
    else this.#waiting.set(key, { after, limit, reads: [{ signal, page }] })
    this.#schedule()
    return page.promise
  }

  close(): void {
    for (const { reads } of this.#waiting.values()) {
      for (const { page } of reads) page.reject(closedError())
    }
    this.#waiting.clear()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#run()
    })
  }

  #run(): void {
    let spent = 0
    for (const [key, pageRead] of this.#waiting) {
      if (spent >= turn.entries) {
        this.#schedule()
        return
      }
      this.#waiting.delete(key)
      spent += turn.page + pageRead.reads.length + this.#answer(pageRead)
    }
  }

  /** @returns how many entries were read */
  #answer({ after, limit, reads }: PageRead): number {
    const wanted = reads.filter(({ signal, page }) => {
      if (signal.aborted) page.reject(signal.reason)
      return !signal.aborted
    })
    if (wanted.length === 0) return 0
    try {
      const answer = this.#read(after, limit)
      for (const { page } of wanted) page.resolve(answer)
      return 'entries' in answer ? answer.entries.length : 0
    } catch (error) {
      for (const { page } of wanted) page.reject(error)
      return 0
    }
  }
}
