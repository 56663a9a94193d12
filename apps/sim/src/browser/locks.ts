import type { Program } from '../world/program.ts'
import type { World } from '../world/world.ts'

interface Held {
  readonly program: Program
  readonly lose: (error: Error) => void
}

interface Waiting {
  readonly program: Program
  readonly name: string
  readonly grant: () => void
}

interface LockOptions {
  readonly signal?: AbortSignal
  readonly steal?: boolean
  readonly ifAvailable?: boolean
}

type LockCallback = (lock: object | null) => unknown

const aborted = () => new DOMException('The lock was taken.', 'AbortError')

/** The Web Locks of one browser (https://w3c.github.io/web-locks/), exclusive ones only. */
export class Locks {
  readonly #world: World
  readonly #held = new Map<string, Held>()
  readonly #waiting = new Set<Waiting>()

  constructor(world: World) {
    this.#world = world
  }

  of(program: () => Program) {
    return {
      request: (name: string, options: LockOptions, callback: LockCallback) =>
        this.#request(program(), name, options, callback),
    }
  }

  /** Those of a page that has ended. */
  release(program: Program): void {
    for (const waiting of this.#waiting) if (waiting.program === program) this.#waiting.delete(waiting)
    for (const [name, { program: owner }] of this.#held) if (owner === program) this.#held.delete(name)
    this.#grant()
  }

  #request(
    program: Program,
    name: string,
    { signal, steal, ifAvailable }: LockOptions,
    callback: LockCallback,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const soon = (run: () => void) => program.later(this.#world.outside.random() * 2, run)
      const grant = () => {
        const lock: Held = { program, lose: (error) => void soon(() => reject(error)) }
        this.#held.set(name, lock)
        soon(async () => {
          try {
            resolve(await callback(lock))
          } catch (error) {
            reject(error)
          } finally {
            if (this.#held.get(name) === lock) this.#held.delete(name)
            this.#grant()
          }
        })
      }
      if (ifAvailable && this.#held.has(name)) soon(() => resolve(callback(null)))
      else if (steal) {
        const deposed = this.#held.get(name)
        grant()
        deposed?.lose(aborted())
      } else {
        const waiting = { program, name, grant }
        this.#waiting.add(waiting)
        signal?.addEventListener('abort', () => {
          if (this.#waiting.delete(waiting)) reject(signal.reason)
        })
        this.#grant()
      }
    })
  }

  #grant(): void {
    for (const waiting of [...this.#waiting]) {
      if (this.#held.has(waiting.name)) continue
      this.#waiting.delete(waiting)
      waiting.grant()
    }
  }
}
