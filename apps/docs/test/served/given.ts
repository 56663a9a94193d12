/** What the fragments of the documentation take for granted: the reader's own app. Whole servers have their own, which stands in front. */
import { channels, createHub, createMemoryBroker, sse } from '@sse/express'
import express from 'express'
import { lossy } from './lossy-broker.ts'
import { userFrom } from './user.ts'

const broker = lossy(createMemoryBroker())
process.on('message', ({ lost }: { lost: boolean }) => {
  broker.lost = lost
  process.send?.({ lost })
})
const hub = createHub({ broker })
const app = express()
app.use(express.json())
app.use(userFrom('X-Test-User'))
app.use(sse({ hub, key: (req) => (req as { user?: { id: string } }).user?.id }))

const requireUser: express.RequestHandler = (req, res, next) => {
  if ('user' in req) next()
  else res.status(401).end()
}

const model = {
  async *answer(prompt: string): AsyncGenerator<string> {
    yield* ['Well, ', '1.0 ']
    if (prompt === 'fail') throw new Error('the model broke off')
    yield prompt
  },
}

const pool = {
  async connect() {
    return { query: async () => ({ rows: [{ id: 'lobby' }] }), release() {} }
  },
}

Object.assign(globalThis, {
  broker: createMemoryBroker(),
  ...{ app, channels, createHub, hub, requireUser, model, pool, sse },
  mayRead: (user: { id: string } | undefined, channel: string) => channel === `user:${user?.id}`,
  promptOf: (_user: string, id: string) => (id === 'none' ? undefined : id),
  list: () => [],
  secret: new TextEncoder().encode('a secret of thirty-two characters'),
})
