import type { Program } from './program.ts'

/** Something that happens at a moment of the simulated time. */
export interface Task {
  readonly at: number
  /** Tasks of one moment run in the order in which they were made. */
  readonly order: number
  readonly program: Program
  /** Runs although its program was killed or stands still: the end of a turn that it had begun. */
  readonly evenThen: boolean
  /** `undefined` once it was cancelled. */
  run: (() => void) | undefined
}

/** Kept from before the globals were replaced. */
const { setImmediate } = globalThis

/** The tasks of all programs, by their time. Nothing else makes time pass. */
export class Scheduler {
  /** Milliseconds since the simulation began. */
  now = 0
  steps = 0
  readonly #heap: Task[] = []
  #order = 0

  add(delay: number, program: Program, run: () => void, evenThen = false): Task {
    const task = { at: this.now + Math.max(0, delay), order: this.#order++, program, evenThen, run }
    this.#push(task)
    return task
  }

  /**
   * Runs everything up to a time. Each task ends with all the promises that it has settled.
   *
   * @param check called after each task; what it throws ends the run
   */
  async runUntil(time: number, check: () => void): Promise<void> {
    for (;;) {
      const task = this.#heap[0]
      if (!task || task.at > time) break
      this.#pop()
      if (!task.run) continue
      this.now = task.at
      if (task.evenThen || task.program.takes(task)) {
        this.steps++
        task.program.run(task.run)
        await new Promise<void>((resolve) => setImmediate(resolve))
        check()
      }
    }
    this.now = Math.max(this.now, time)
  }

  #push(task: Task): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(task)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(task, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = task
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
