/** A queue over an array: taking from the front moves an offset and now and then drops what was taken. */
export class Fifo<T> {
  #items: (T | undefined)[] = []
  #offset = 0

  get length(): number {
    return this.#items.length - this.#offset
  }

  /** The item at an index counted from the front; `undefined` outside. */
  at(index: number): T | undefined {
    return index < 0 ? undefined : this.#items[this.#offset + index]
  }

  push(item: T): void {
    this.#items.push(item)
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined
    const item = this.#items[this.#offset]
    // What is taken must not be kept alive by the place that it had.
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
