/** The maximum number of clients that are counted at the same time. */
const maxClients = 10_000

/** Limits how often each client may do something in a second. Clients do not share a limit. */
export class Budget {
  readonly #perSecond: number
  #second = 0
  readonly #used = new Map<string, number>()

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** Counts one use of the client. @returns `false` if it has no use left in this second */
  take(client: string): boolean {
    const second = Math.floor(performance.now() / 1_000)
    if (second !== this.#second) {
      this.#second = second
      this.#used.clear()
    }
    const used = this.#used.get(client) ?? 0
    if (used >= this.#perSecond || (used === 0 && this.#used.size >= maxClients)) return false
    this.#used.set(client, used + 1)
    return true
  }
}
