/**
 * A member in a process or a thread of its own, on a log in memory: `member.ts <path> <name>`. It publishes its name, and tells whether it
 * leads and whose names it has received.
 */
import { createMemoryBroker, type Entry } from '@sse/core'
import { createClusterBroker } from '../../src/index.ts'

const [path = '', name = ''] = process.argv.slice(2)
const names = new Set<string>()
const broker = createClusterBroker({
  path,
  broker: () => {
    console.log(`${name} leads`)
    return createMemoryBroker()
  },
})

function received(entries: readonly Entry[]): void {
  for (const { data } of entries) names.add(data)
  console.log(`${name} has ${[...names].sort().join(' ')}.`)
}

const { tail } = await broker.start({
  entries: received,
  discontinuity: ({ reason }) => console.log(`${name} was told ${reason}`),
  health: () => {},
  signal: () => {},
})
received(tail)
// A leader may be killed before it replies, although others have the name already: then the name is published again.
const publish = (): Promise<unknown> =>
  broker.publish(['names'], { data: name }, { idempotencyKey: name }).catch(publish)
await publish()
