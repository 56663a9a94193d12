/** A queue over an array. `shift` moves an offset, and from time to time the removed items are cut from the array. */
export class Queue<T> {
  #items: (T | undefined)[] = []
  #offset = 0

  get length(): number {
    return this.#items.length - this.#offset
  }

  /** The item at an index from the front; `undefined` outside of the queue. */
  at(index: number): T | undefined {
    return index < 0 ? undefined : this.#items[this.#offset + index]
  }

  push(item: T): void {
    this.#items.push(item)
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined
    const item = this.#items[this.#offset]
    // So that the array does not keep the removed item alive.
    this.#items[this.#offset] = undefined
    this.#offset++
    if (this.#offset >= 512 && this.#offset * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#offset)
      this.#offset = 0
    }
    return item
  }

  clear(): void {
    this.#items = []
    this.#offset = 0
  }
}
