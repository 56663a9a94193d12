import type { Scheduler } from 'fast-check'
import { endOfTurn } from '../../src/end-of-turn.ts'
import { SseError } from '../../src/errors.ts'
import { Client } from './client.ts'
import { Unreachable } from './scheduled-broker.ts'
import type { Mishap, Script } from './script.ts'
import type { Meets } from './situations.ts'
import { createWorld, surprise, type World } from './world.ts'

/**
 * Plays a script: the scheduler chooses which of the publishers, clients, mishaps, ends of turns, requests and answers is next, until
 * nothing is left to do; then everything works again and the streams are looked at once more.
 *
 * @throws {Breach} the first promise that was not kept
 */
export async function play(script: Script, scheduler: Scheduler, meets: Meets): Promise<void> {
  const world = createWorld(script, scheduler, meets)
  const { log, servers, breaches } = world
  const clients = script.clients.map(() => new Client(world))

  inOrder(world, 'publish', script.publishes, ({ server, channels, size }) => {
    void servers[server % servers.length]!.hub.publish(channels, 'x'.repeat(size))
  })
  script.clients.forEach((steps, index) => {
    inOrder(world, `client ${index}`, steps, (step) => clients[index]!.take(step))
  })
  inOrder(world, 'mishap', script.mishaps, (mishap) => befall(world, mishap))
  inOrder(world, 'turn', Array(script.turns).fill('ends'), endOfTurn)
  await settle(scheduler)

  for (const { broker } of servers) broker.heal()
  for (const client of clients) client.drain()
  await settle(scheduler)
  for (const client of clients) client.beat()
  await settle(scheduler)
  for (let event = 0; event < eventsToRecover(script.mishaps); event++) {
    log.append(['last'], { data: 'x' })
    await settle(scheduler)
  }
  for (const client of clients) client.conclude()
  const closing = servers.map(({ hub }) => hub.close())
  await settle(scheduler)
  await Promise.all(closing)
  if (breaches[0]) throw breaches[0]
}

/** A disconnect waits for every hub, and at the end of a run there is none any more. */
function unlessClosed(error: unknown): void {
  if (!(error instanceof Unreachable || (error instanceof SseError && error.code === 'closed'))) throw error
}

/** Steps that are taken one after the other, but with anything in between. */
export function inOrder<T>(
  { scheduler, breaches }: World,
  who: string,
  steps: readonly T[],
  take: (step: T) => void | Promise<void>,
): void {
  const builderOf = (step: T) => async () => {
    try {
      await take(step)
    } catch (error) {
      breaches.push(surprise(error))
    }
  }
  scheduler.scheduleSequence(
    steps.map((step) => ({ label: `${who}: ${JSON.stringify(step)}`, builder: builderOf(step) })),
  )
}

export function befall({ log, servers }: World, mishap: Mishap): void {
  if (mishap.do === 'loseTail') log.loseTail(mishap.count)
  else {
    const { broker, hub } = servers[mishap.server % servers.length]!
    if (mishap.do === 'disconnect') hub.disconnect('k').catch(unlessClosed)
    else broker[mishap.do]()
  }
}

/** Who learns of a fork in the midst of a stream goes on with what comes after it, and may learn of it only then. */
export function eventsToRecover(mishaps: readonly Mishap[]): number {
  return mishaps.some((mishap) => mishap.do === 'loseTail') ? 2 : 0
}

/** Until nothing is on its way any more: a stream takes two ends of a turn to open, and its backlog two more to ask the broker. */
export async function settle(scheduler: Scheduler): Promise<void> {
  do {
    await scheduler.waitIdle()
    for (let turn = 0; turn < 6; turn++) await endOfTurn()
  } while (scheduler.count() > 0)
}
