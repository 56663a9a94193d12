import { atEndOfTurn } from './end-of-turn.ts'

/**
 * A promise that reports its rejection if nothing awaits it. An unhandled rejection would end the process. So a missing `await` before
 * `hub.publish` neither ends the server nor hides the error.
 */
export class Observed<T> extends Promise<T> {
  #awaited = false

  /** Makes `then` and `catch` return plain promises. */
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

  // biome-ignore lint/suspicious/noThenProperty: an await calls then, so overriding it detects the await
  override then<A = T, B = never>(
    onfulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#awaited = true
    return super.then(onfulfilled, onrejected)
  }
}
