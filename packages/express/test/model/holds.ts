/** Something that waits until a command lets it go on. */
export interface Held {
  readonly what: 'a verdict' | 'a look-up' | 'a read'
  /** Whose request waits. */
  readonly client?: object
}

/** The answer that it is given; only verdicts look at it. */
export type Answer = true | false | 'throws'

/** Everything in the app and in the brokers that waits, in the order in which it came. */
export class Holds {
  readonly #waiting: { readonly held: Held; readonly resolve: (answer: Answer) => void }[] = []

  get count(): number {
    return this.#waiting.length
  }

  wait(held: Held): Promise<Answer> {
    return new Promise((resolve) => this.#waiting.push({ held, resolve }))
  }

  /** What the app answers to a client that asks for a channel: `x` is not granted, and at `boom` the app throws. */
  async verdict(when: 'now' | 'held', channel: string, client: object): Promise<Answer> {
    if (when === 'held') return this.wait({ what: 'a verdict', client })
    return channel === 'boom' ? 'throws' : channel !== 'x'
  }

  /** Lets one go on. */
  release(number: number, answer: Answer): void {
    const [one] = this.#waiting.splice(number % this.#waiting.length, 1)
    one?.resolve(answer)
  }

  has(is: (held: Held) => boolean): boolean {
    return this.#waiting.some(({ held }) => is(held))
  }
}
