import { AsyncLocalStorage } from 'node:async_hooks'
import { createRandom, type Random } from '@sse/testbed/random'
import type { Scheduler, Task } from './scheduler.ts'
import type { World } from './world.ts'

const running = new AsyncLocalStorage<Program>()

/** The program whose code runs. `undefined` outside of the simulation. */
export const runningProgram = (): Program | undefined => running.getStore()

/** What a page has in its global scope besides timers. */
export type PageGlobals = Readonly<Record<string, unknown>>

/**
 * A server process or a page: code with clocks, timers and randomness of its own. All programs share one Node process and one copy of the modules.
 * The asynchronous context says whose code runs, so the globals can give each program its own clock.
 */
export class Program {
  readonly world: World
  readonly name: string
  readonly random: Random
  readonly page: PageGlobals | undefined
  /** Milliseconds that its wall clock is ahead of the true time. */
  wallOffset = 0
  /** When its monotonic clock began; it stands still while the machine sleeps. */
  #origin: number
  #alive = true
  /** The tasks that came due while it stood still. */
  #held: Task[] | undefined

  constructor(world: World, name: string, page?: PageGlobals) {
    this.world = world
    this.name = name
    this.page = page
    this.random = createRandom(world.seedOf(name))
    this.#origin = world.scheduler.now
  }

  get alive(): boolean {
    return this.#alive
  }

  get paused(): boolean {
    return this.#held !== undefined
  }

  /** Milliseconds since the epoch, by its wall clock. */
  get wallTime(): number {
    return Math.floor(this.world.epoch + this.#scheduler.now + this.wallOffset)
  }

  get monotonicTime(): number {
    return this.#scheduler.now - this.#origin
  }

  run<T>(code: () => T): T {
    return running.run(this, code)
  }

  later(delay: number, run: () => void, evenThen = false): Task {
    return this.#scheduler.add(delay, this, run, evenThen)
  }

  /** Whether a task that is due may run. A program that stands still keeps it. */
  takes(task: Task): boolean {
    if (!this.#alive) return false
    this.#held?.push(task)
    return !this.#held
  }

  /** It ends without a last word. */
  kill(): void {
    this.#alive = false
    this.#held = undefined
  }

  pause(): void {
    if (this.#alive) this.#held ??= []
  }

  /** @param slept milliseconds that its monotonic clock has not counted, because the whole machine slept */
  resume(slept = 0): void {
    const held = this.#held ?? []
    this.#held = undefined
    this.#origin += slept
    for (const { run } of held) if (run) this.later(0, run)
  }

  get #scheduler(): Scheduler {
    return this.world.scheduler
  }
}
