import type { Request } from 'express'
import type { Client } from './client.ts'
import type { Poster } from './poster.ts'

/** Everything that was requested in a run, by the number that the client sends in a header. */
export class Requests {
  readonly #all: (Client | Poster)[] = []

  get count(): number {
    return this.#all.length
  }

  add(request: Client | Poster): void {
    this.#all.push(request)
  }

  of(request: Request): Client | Poster {
    return this.#all[Number(request.get('x-number'))]!
  }

  numberOf(request: Client | Poster): number {
    return this.#all.indexOf(request)
  }

  [Symbol.iterator](): Iterator<Client | Poster> {
    return this.#all.values()
  }
}
