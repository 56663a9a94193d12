import { type Page, SseError } from '@sse/core'

/** What is read within one turn of the event loop, counted in entries; each read counts as a few more. */
const turn = { entries: 1_024, read: 8 }

interface Read {
  readonly after: string
  readonly limit: number
  readonly signal: AbortSignal
  readonly page: PromiseWithResolvers<Page>
}

/** Reads wait in line: thousands of clients that return at once cost each turn a few pages, and nobody else the event loop. */
export class ReadQueue {
  readonly #read: (after: string, limit: number) => Page
  /** A set keeps its order, and lets go of its first without moving the others. */
  readonly #waiting = new Set<Read>()
  #scheduled = false

  constructor(read: (after: string, limit: number) => Page) {
    this.#read = read
  }

  add(after: string, limit: number, signal: AbortSignal): Promise<Page> {
    const page = Promise.withResolvers<Page>()
    this.#waiting.add({ after, limit, signal, page })
    this.#schedule()
    return page.promise
  }

  close(): void {
    for (const { page } of this.#waiting) page.reject(new SseError('closed', 'The broker is closed.'))
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
    for (const read of this.#waiting) {
      if (spent >= turn.entries) {
        this.#schedule()
        return
      }
      this.#waiting.delete(read)
      spent += turn.read + this.#answer(read)
    }
  }

  /** @returns how many entries it has read */
  #answer({ after, limit, signal, page }: Read): number {
    try {
      signal.throwIfAborted()
      const answer = this.#read(after, limit)
      page.resolve(answer)
      return 'entries' in answer ? answer.entries.length : 0
    } catch (error) {
      page.reject(error)
      return 0
    }
  }
}
