/** Clients that are counted at the same time. */
const counted = 10_000

/** How often a client may do something within a second: what one client does takes nothing from another. */
export class Budget {
  readonly #perSecond: number
  #second = 0
  readonly #used = new Map<string, number>()

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** Takes one use if there is one left. */
  take(client: string): boolean {
    const second = Math.floor(performance.now() / 1_000)
    if (second !== this.#second) {
      this.#second = second
      this.#used.clear()
    }
    const used = this.#used.get(client) ?? 0
    if (used >= this.#perSecond || (used === 0 && this.#used.size >= counted)) return false
    this.#used.set(client, used + 1)
    return true
  }
}
