import { createPublisher, serveParent } from '@sse/testbed/served-process'
import { createHub } from '../src/index.ts'
import { adapters } from './adapters.ts'

// The server of `memory.test.ts`: one channel, published to by command.
const adapter = adapters.find(({ name }) => name === process.argv[2])!
const hub = createHub()
const { listener } = adapter.create({
  ...{ hub, stall: 600_000 },
  routes: { '/events': (stream) => void stream.subscribe('load') },
})
await serveParent(
  listener,
  createPublisher((data) => hub.publish('load', data)),
)
