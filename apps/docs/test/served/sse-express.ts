/** `@sse/express` for blocks that are served: a hub without a broker of its own is given one that the test can take away. */
import { createMemoryBroker, createHub as createRealHub, type Hub, type HubOptions } from '@sse/express'
import { lossy } from './lossy-broker.ts'

export * from '@sse/express'

export function createHub(options: HubOptions = {}): Hub {
  const broker = lossy(createMemoryBroker())
  process.on('message', ({ lost }: { lost: boolean }) => {
    broker.lost = lost
  })
  return createRealHub({ broker, ...options })
}
