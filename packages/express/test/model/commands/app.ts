import fc from 'fast-check'
import { recordChannels, room } from '../asks.ts'
import type { Client } from '../client.ts'
import { Unwritable } from '../errors.ts'
import { Step } from '../step.ts'
import { address, channel, record, recordChannel, someChannels, toClient } from './names.ts'

const publishes = fc
  .record({
    address,
    channels: someChannels,
    /** Now and then more than a connection takes at a time. */
    size: fc.constantFrom(10, 10, 10, 10, 40_000),
  })
  .map(
    ({ address, channels, size }) =>
      new Step(`publishes ${address} ${channels} ${size}`, (world) =>
        world.publish(world.at(address), channels, size),
      ),
  )

const sets = fc
  .record({
    address,
    channels: fc.subarray(recordChannels, { minLength: 1 }),
    record,
    size: fc.constantFrom(10, 10, 40_000),
  })
  .map(
    ({ address, channels, record, size }) =>
      new Step(`sets ${address} ${channels} ${record} ${size}`, (world) =>
        world.publish(world.at(address), channels, size, record),
      ),
  )

const removes = fc
  .tuple(address, recordChannel, record)
  .map(
    ([address, channel, record]) =>
      new Step(`removes ${address} ${channel} ${record}`, (world) =>
        world.remove(world.at(address), channel, record),
      ),
  )

const ends = fc
  .tuple(address, fc.oneof(channel, recordChannel, fc.constant(room)))
  .map(
    ([address, channel]) =>
      new Step(`ends ${address} ${channel}`, (world) => world.finish(world.at(address), channel)),
  )

/** Something that the app does to one of the streams that it serves. */
function does<T>(
  name: string,
  argument: fc.Arbitrary<T>,
  act: (client: Client, argument: T) => unknown,
  kinds: readonly string[] = ['stream', 'poll'],
  isOne: (client: Client) => boolean = () => true,
) {
  const fits = (client: Client) =>
    client.stream?.closed === false && kinds.includes(client.asks.kind) && isOne(client)
  return toClient(name, fits, argument, (client, argument) => attempt(client, () => act(client, argument)))
}

/** A stream that is opened by a call of the app's tells it that nothing can be written; the app answers an error then. */
function attempt(client: Client, call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    if (!(error instanceof Unwritable)) throw error
    return client.exchange.fail()
  }
}

/** A channel with records or members is joined, or left, by a page that shows them. */
const shown = fc.oneof(recordChannel, fc.constant(room))
const isPage = ({ asks }: Client) => asks.page !== undefined
const joins = does('joins', shown, (client, channel) => client.subscribe(channel), ['stream'], isPage)
const parts = does('parts', shown, (client, channel) => client.unsubscribe(channel), ['stream'], isPage)

const reconnect = fc.constantFrom(undefined, false as const, 500)

const listens = fc
  .record({
    on: fc.constantFrom('open', 'close', 'close', 'gap', 'refuse'),
    does: fc.constantFrom('closes', 'publishes', 'publishes', 'throws'),
  })
  .map(
    (listening) =>
      new Step(`listens ${listening.on} ${listening.does}`, (world) => world.listeners.add(listening)),
  )

const decides = fc
  .tuple(fc.nat(9), fc.constantFrom(true as const, true as const, false as const, 'throws' as const))
  .map(
    ([number, answer]) =>
      new Step(`decides ${number} ${answer}`, (world) => {
        if (world.holds.count === 0) return false
        world.holds.release(number, answer)
        return undefined
      }),
  )

export const appSteps = [
  { weight: 10, arbitrary: publishes },
  { weight: 5, arbitrary: decides },
  {
    weight: 2,
    arbitrary: does('sends', fc.constantFrom(1, 70_000), ({ stream }, size) => {
      stream?.send('x'.repeat(size), { event: 'beside' })
    }),
  },
  {
    weight: 2,
    arbitrary: does('subscribes', channel, (client, channel) => client.subscribe(channel), ['stream']),
  },
  {
    weight: 2,
    arbitrary: does('unsubscribes', channel, (client, channel) => client.unsubscribe(channel), ['stream']),
  },
  {
    weight: 1,
    arbitrary: does('closes', reconnect, (client, reconnect) => {
      client.mayEnd('app')
      client.stream?.close({ reconnect })
    }),
  },
  { weight: 3, arbitrary: listens },
  { weight: 5, arbitrary: sets },
  { weight: 2, arbitrary: removes },
  { weight: 2, arbitrary: ends },
  { weight: 1, arbitrary: joins },
  { weight: 1, arbitrary: parts },
]
