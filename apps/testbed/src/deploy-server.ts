/**
 * A server as the docs on deploys have it, in a process of its own: it listens at once, takes what it can while the process before has the
 * log still, and drains at SIGTERM.
 *
 *     node deploy-server.ts <module> <port> <drain> <the broker's own arguments>
 *
 * The module's default export is given those arguments and makes the broker. `GET /events` is a stream of the channel `news`, `POST /publish`
 * takes `{ data, wait? }` and publishes after so many milliseconds. It writes each state of the log, every request and every error.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { type Broker, createHub, sse } from '@sse/express'
import express from 'express'

const [module = '', port = '0', drain = '0', ...rest] = process.argv.slice(2)
const { default: createBroker }: { default: (...args: string[]) => Broker } = await import(module)
const hub = createHub({
  broker: createBroker(...rest),
  onBroker: (state) => console.log(`the log is ${state}`),
  onError: (error) => console.log('error', error),
})

const app = express()
app.use(sse({ hub, retry: [20, 100] }))
app.get('/events', (_req, res) => void res.sse.subscribe('news'))
app.post('/publish', express.json(), async (req, res, next) => {
  console.log('asked for', req.body.data)
  try {
    await delay(Number(req.body.wait ?? 0))
    res.json(await hub.publish('news', req.body.data))
  } catch (error) {
    next(error)
  }
})
const server = app.listen(Number(port), '127.0.0.1', () => console.log(`listening on ${port}`))
process.once('SIGTERM', async () => {
  server.close()
  await hub.close({ drain: Number(drain), retry: [20, 100] })
  server.closeAllConnections()
})
