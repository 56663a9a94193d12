import type { StreamEvent } from '../../src/index.ts'
import { Boom } from './errors.ts'
import type { Server } from './server.ts'
import type { World } from './world.ts'

/** What the app's `onStream` does at the next event of a type. */
export interface Listening {
  readonly on: StreamEvent['type']
  readonly does: 'closes' | 'publishes' | 'throws'
}

/** The app's `onStream`, which is called in the midst of whatever the server does. */
export class Listeners {
  readonly #world: World
  #waiting: Listening[] = []

  constructor(world: World) {
    this.#world = world
  }

  add(listening: Listening): void {
    this.#waiting.push(listening)
  }

  heard(server: Server, { type, stream }: StreamEvent): void {
    const mine = this.#waiting.filter(({ on }) => on === type)
    this.#waiting = this.#waiting.filter(({ on }) => on !== type)
    for (const { does } of mine) {
      this.#world.meets(`${type} ${does}`)
      if (does === 'publishes') this.#world.publish(server, ['a'], 10)
      else if (does === 'throws') throw new Boom()
      else {
        this.#world.clientOf(stream)?.mayEnd('app')
        stream.close()
      }
    }
  }
}
