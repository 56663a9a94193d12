import { atEndOfTurn } from './end-of-turn.ts'

/**
 * A promise whose rejection goes to `report` when nobody awaits it, instead of ending the process as an unhandled one does: a
 * forgotten `await` before `hub.publish` must not take the server down, nor hide what went wrong.
 */
export class Observed<T> extends Promise<T> {
  #awaited = false

  /** What `then` and `catch` make are plain promises again. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  static from<T>(promise: Promise<T>, report: (error: unknown) => void): Observed<T> {
    const observed = new Observed<T>((resolve, reject) => void promise.then(resolve, reject))
    Promise.prototype.then.call(observed, undefined, (error: unknown) => {
      atEndOfTurn(() => {
        if (!observed.#awaited) report(error)
      })
    })
    return observed
  }

  // biome-ignore lint/suspicious/noThenProperty: overriding it is how one learns that somebody awaits
  override then<A = T, B = never>(
    onfulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#awaited = true
    return super.then(onfulfilled, onrejected)
  }
}
