import fc from 'fast-check'
import { room } from '../asks.ts'
import type { Client } from '../client.ts'
import { newPage } from '../record-ledger.ts'
import { Step } from '../step.ts'
import type { World } from '../world.ts'
import { address, channels, maybeKey, named, shownChannels, toClient, verdicts } from './names.ts'

/** Where a client begins: at the head, with the id that the newest client has, so many entries before the head, or with nonsense. */
const cursor = fc.oneof(
  { weight: 3, arbitrary: fc.constant('none' as const) },
  { weight: 2, arbitrary: fc.constant('last seen' as const) },
  { weight: 3, arbitrary: fc.nat(12) },
  { weight: 1, arbitrary: fc.constantFrom('nonsense' as const, '0123456789abcdef-7' as const) },
)

const asks = fc.record({
  address,
  kind: fc.constantFrom('stream' as const, 'stream' as const, 'poll' as const),
  key: maybeKey,
  channels,
  named,
  cursor,
  verdicts,
  looksUp: fc.constantFrom(false, false, false, true),
  greets: fc.constantFrom(false, false, false, true),
  expires: fc.constantFrom(undefined, undefined, undefined, 2_000, 0),
  problems: fc.boolean(),
  wait: fc.constantFrom(0, 0, 3),
  rewind: fc.constantFrom(0, 0, 1, 3, 50),
})

function cursorOf(world: World, from: number | string): string | undefined {
  if (typeof from === 'number') return world.log.standing(world.log.back(from))
  if (from === 'last seen') return world.clients.at(-1)?.lastEventId || undefined
  return from === 'none' ? undefined : from
}

const opens = asks.map(
  ({ address, cursor, ...asked }) =>
    new Step(
      `opens ${JSON.stringify({ address, cursor, ...asked })}`,
      (world, model) => {
        model.clients++
        world.ask(address, {
          ...asked,
          cursor: cursorOf(world, cursor),
          wait: asked.kind === 'poll' ? asked.wait : 0,
          rewind: asked.kind === 'poll' ? 0 : asked.rewind,
          page: undefined,
        })
      },
      ({ clients }) => clients < 30,
    ),
)

/** A page that shows records and members opens: a new one, one that kept its cursor only, or the newest one whose connection is over. */
const shows = fc
  .record({
    address,
    key: maybeKey,
    channels: shownChannels,
    named: fc.oneof(fc.constant([] as string[]), fc.subarray(['d', 'x', 'records:2', room])),
    from: fc.constantFrom('new' as const, 'kept cursor' as const, 'same' as const, 'same' as const),
    verdicts,
    looksUp: fc.constantFrom(false, false, false, true),
    greets: fc.constantFrom(false, false, false, true),
    problems: fc.boolean(),
    rewind: fc.constantFrom(0, 0, 2),
  })
  .map(
    ({ address, from, ...asked }) =>
      new Step(
        `shows ${JSON.stringify({ address, from, ...asked })}`,
        (world, model) => {
          model.clients++
          const page = (from === 'new' ? undefined : world.takePage()) ?? newPage(world.log)
          if (from !== 'same') page.reload()
          const cursor = page.lastEventId
          world.ask(address, { ...asked, kind: 'stream', expires: undefined, wait: 0, cursor, page })
        },
        ({ clients }) => clients < 30,
      ),
  )

/** Something that one of the clients does whose response is not over, and who reads, or not. */
function does(name: string, act: (client: Client, inOrder: boolean) => unknown, isPaused?: boolean) {
  const fits = ({ exchange }: Client) =>
    !exchange.isOver && !exchange.hasLeft && exchange.isPaused === (isPaused ?? exchange.isPaused)
  return toClient(name, fits, fc.boolean(), act)
}

export const clientSteps = [
  { weight: 8, arbitrary: opens },
  { weight: 6, arbitrary: shows },
  { weight: 2, arbitrary: does('leaves', (client, inOrder) => client.leave(inOrder)) },
  { weight: 2, arbitrary: does('stalls', (client) => client.stall(), false) },
  { weight: 2, arbitrary: does('drains', (client) => client.drain(), true) },
  {
    weight: 2,
    arbitrary: does('breaks', (client) => {
      client.mayEnd('broken')
      client.exchange.break()
    }),
  },
]
