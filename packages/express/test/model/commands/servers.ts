import fc from 'fast-check'
import type { Server } from '../server.ts'
import { Step } from '../step.ts'
import { address, key } from './names.ts'

const disconnects = fc
  .record({ address, key, reconnect: fc.constantFrom(undefined, false as const, 500) })
  .map(
    ({ address, key, reconnect }) =>
      new Step(`disconnects ${address} ${key} ${reconnect}`, (world) =>
        world.disconnect(world.at(address), key, reconnect),
      ),
  )

const replaces = fc
  .record({ address, drain: fc.constantFrom(0, 500), failingStarts: fc.constantFrom(0, 0, 1, 3) })
  .map(
    ({ address, drain, failingStarts }) =>
      new Step(
        `replaces ${address} ${drain} ${failingStarts}`,
        (world, model) => {
          model.replaced++
          world.replace(address, drain, failingStarts)
        },
        ({ replaced }) => replaced < 4,
      ),
  )

/** Something that happens to a server's broker. */
function befalls(name: string, act: (server: Server) => unknown) {
  return address.map((number) => new Step(`${name} ${number}`, (world) => act(world.at(number))))
}

export const serverSteps = [
  { weight: 4, arbitrary: disconnects },
  { weight: 1, arbitrary: replaces },
  { weight: 1, arbitrary: befalls('loses', ({ broker }) => broker.down()) },
  {
    weight: 2,
    arbitrary: fc.constant(
      new Step('reaches', (world) => {
        const away = world.running.find(({ broker }) => broker.isDown)
        if (!away) return false
        away.broker.up()
        return undefined
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: befalls('holds', ({ broker }) => {
      broker.holdsReads = !broker.holdsReads
    }),
  },
  {
    weight: 1,
    arbitrary: befalls('forgets', ({ broker }) => {
      broker.losesAck = true
    }),
  },
]
