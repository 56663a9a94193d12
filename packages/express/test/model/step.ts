import type { AsyncCommand } from 'fast-check'
import { check } from './promises-kept.ts'
import type { World } from './world.ts'

/** What decides whether a step is possible. */
export interface Model {
  /** Requests of clients so far. */
  clients: number
  /** Servers that were replaced so far. */
  replaced: number
}

/** A step of a run. When all that follows from it has happened, every promise must be kept. */
export class Step implements AsyncCommand<Model, World> {
  readonly #label: string
  readonly #act: (world: World, model: Model) => unknown
  readonly #isPossible: (model: Model) => boolean

  /** @param act `false` says that there was nothing to do */
  constructor(
    label: string,
    act: (world: World, model: Model) => unknown,
    isPossible: (model: Model) => boolean = () => true,
  ) {
    this.#label = label
    this.#act = act
    this.#isPossible = isPossible
  }

  check(model: Readonly<Model>): boolean {
    return this.#isPossible(model)
  }

  async run(model: Model, world: World): Promise<void> {
    if ((await this.#act(world, model)) === false) return
    world.meets(this.#label.split(' ')[0]!)
    world.steps++
    await settled(world)
  }

  toString(): string {
    return this.#label
  }
}

/** @throws {Breach} the first promise that was not kept */
export async function settled(world: World): Promise<void> {
  await world.settle()
  check(world)
  if (world.breaches[0]) throw world.breaches[0]
}
