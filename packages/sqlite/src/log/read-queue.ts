import { type Page, SseError } from '@sse/core'

/** What is read within one turn of the event loop, counted in entries; each page and each read counts as a few more. */
const turn = { entries: 1_024, page: 8 }

interface Read {
  readonly signal: AbortSignal
  readonly page: PromiseWithResolvers<Page>
}

/** Reads of the same page, which is read once. */
interface Group {
  readonly after: string
  readonly limit: number
  readonly reads: Read[]
}

/**
 * Reads wait in line: thousands of clients that return at once cost each turn a few pages, and nobody else the event loop. Those that wait
 * for the same page share it.
 */
export class ReadQueue {
  readonly #read: (after: string, limit: number) => Page
  /** A map keeps its order, and lets go of its first without moving the others. */
  readonly #waiting = new Map<string, Group>()
  #scheduled = false

  constructor(read: (after: string, limit: number) => Page) {
    this.#read = read
  }

  add(after: string, limit: number, signal: AbortSignal): Promise<Page> {
    const page = Promise.withResolvers<Page>()
    const key = `${limit} ${after}`
    const group = this.#waiting.get(key)
    if (group) group.reads.push({ signal, page })
    else this.#waiting.set(key, { after, limit, reads: [{ signal, page }] })
    this.#schedule()
    return page.promise
  }

  close(): void {
    for (const { reads } of this.#waiting.values()) {
      for (const { page } of reads) page.reject(new SseError('closed', 'The broker is closed.'))
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
    for (const [key, group] of this.#waiting) {
      if (spent >= turn.entries) {
        this.#schedule()
        return
      }
      this.#waiting.delete(key)
      spent += turn.page + group.reads.length + this.#answer(group)
    }
  }

  /** @returns how many entries it has read */
  #answer({ after, limit, reads }: Group): number {
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
