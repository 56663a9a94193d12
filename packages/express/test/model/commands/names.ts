import fc from 'fast-check'
import { recordChannels, room } from '../asks.ts'
import type { Client } from '../client.ts'
import { Step } from '../step.ts'

/** Addresses, keys and channels of a run: few, so that they meet. */
export const address = fc.nat(1)
export const key = fc.constantFrom('ada', 'eve')
export const maybeKey = fc.constantFrom('ada', 'ada', 'eve', undefined)
export const channel = fc.constantFrom('a', 'b', 'c')
export const channels = fc.subarray(['a', 'b', 'c'])
export const someChannels = fc.subarray(['a', 'b', 'c', 'd'], { minLength: 1 })
/** What clients ask for: `x` is not granted, and at `boom` the app throws. */
export const named = fc.oneof(
  { weight: 3, arbitrary: fc.constant([] as string[]) },
  { weight: 4, arbitrary: fc.subarray(['a', 'd', 'x'], { minLength: 1 }) },
  { weight: 1, arbitrary: fc.constant(['d', 'boom']) },
)
/** What a page asks for that shows records and members. */
export const shownChannels = fc.subarray(['a', 'records', 'records:2', room], { minLength: 1 })
export const record = fc.constantFrom('x', 'y', 'z')
export const recordChannel = fc.constantFrom(...recordChannels)
export const verdicts = fc.constantFrom('now' as const, 'held' as const)
/** Which of all that there are: the newest more often. */
export const which = fc.oneof(fc.constant(-1), fc.nat(20))

/** The one that is meant; `undefined` when there are none. */
export function pick<T>(all: readonly T[], number: number): T | undefined {
  return number < 0 ? all.at(number) : all[number % Math.max(1, all.length)]
}

/** Something that happens to one of the clients that fit. */
export function toClient<T>(
  name: string,
  fits: (client: Client) => boolean,
  argument: fc.Arbitrary<T>,
  act: (client: Client, argument: T) => unknown,
): fc.Arbitrary<Step> {
  return fc.tuple(which, argument).map(
    ([number, argument]) =>
      new Step(
        `${name} ${number} ${JSON.stringify(argument)}`,
        (world) => {
          const client = pick(world.clients.filter(fits), number)
          return client ? act(client, argument) : false
        },
        ({ clients }) => clients > 0,
      ),
  )
}
