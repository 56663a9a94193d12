/** Tells things in the order in which they came, though some have to be waited for. */
export interface Order {
  /** Tells a value at once if nothing before it is waited for. A promise must not reject. */
  add<T>(value: T | Promise<T>, tell: (value: T) => void): void
  /** Forgets everything that waits. */
  clear(): void
}

export function createOrder(): Order {
  /** What comes next waits for this. */
  let before: Promise<unknown> | undefined
  /** Counts the calls of `clear`: what was added before the last one is told no more. */
  let generation = 0
  return {
    add(value, tell) {
      if (!before && !(value instanceof Promise)) {
        tell(value)
        return
      }
      const mine = generation
      const turn: Promise<void> = Promise.all([value, before]).then(([ready]) => {
        if (mine !== generation) return
        if (before === turn) before = undefined
        tell(ready)
      })
      before = turn
    },
    clear() {
      generation++
      before = undefined
    },
  }
}
