/**
 * A shop in a process of its own, which deploys as the docs have it: it listens at once, on the socket that it inherits if there is one,
 * takes what it can while the process before has the log still, and drains at SIGTERM.
 *
 *     node deploy-server.ts <module> <port> <drain> <arguments of the module>
 *
 * The module's default export is given those arguments and makes the `Shop`. `GET /events` is a stream of the channel `news`. `POST /orders`
 * takes `{ order, wait?, together? }`: it stores the order, waits so many milliseconds and publishes it, or does both in one transaction.
 * The order is its own idempotency key. It writes each state of the log, every request and every error.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { type Broker, createHub, sse } from '@sse/express'
import express from 'express'

/** A log, and a table of orders beside it. */
export interface Shop {
  readonly broker: Broker
  /** Does nothing for an order that it has. */
  store(order: string): void
  /** Calls `work` within a transaction of the broker. */
  together(work: () => void): void
  /** After the broker was closed. */
  close(): void
}

const [module = '', port = '0', drain = '0', ...rest] = process.argv.slice(2)
const { default: createShop }: { default: (...args: string[]) => Shop } = await import(module)
const shop = createShop(...rest)
const retry = [100, 1_000] as const
const hub = createHub({
  broker: shop.broker,
  onBroker: (state) => console.log(`the log is ${state}`),
  onError: (error) => console.log('error', error),
})

const app = express()
app.use(sse({ hub, retry }))
app.get('/events', (_req, res) => void res.sse.subscribe('news'))
app.post('/orders', express.json(), async (req, res, next) => {
  const { order, wait = 0, together = false }: { order: string; wait?: number; together?: boolean } = req.body
  console.log('asked for', order)
  const publish = () => hub.publish('news', order, { event: 'tick', idempotencyKey: order })
  try {
    res.json(await (together ? storeAndPublish() : storeThenPublish()))
  } catch (error) {
    console.log('error', error)
    next(error)
  }

  async function storeThenPublish() {
    shop.store(order)
    await delay(wait)
    return publish()
  }

  async function storeAndPublish() {
    await hub.ready
    const outcome: { published?: ReturnType<typeof publish> } = {}
    shop.together(() => {
      shop.store(order)
      outcome.published = publish()
    })
    return outcome.published
  }
})
// Express calls this also when the port is taken.
const listening = (error?: Error) => {
  if (error) throw error
  console.log('listening')
}
const server = process.env['LISTEN_FDS']
  ? app.listen({ fd: 3 }, listening)
  : app.listen(Number(port), '127.0.0.1', listening)
process.once('SIGTERM', async () => {
  server.close()
  await hub.close({ drain: Number(drain), retry })
  server.closeAllConnections()
  shop.close()
})
