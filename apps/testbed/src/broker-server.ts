/**
 * An Express server in a process of its own, for fault tests to kill: its log is of the broker that a module makes.
 *
 *     node broker-server.ts <module> <port> <the broker's own arguments>
 *
 * The module's default export is given those arguments. `GET /events` is a stream of the channel `news`; `POST /publish` takes a list of
 * `{ data, key }` and answers what became of them once all are in the log.
 */
import { type Broker, createHub, sse } from '@sse/express'
import express from 'express'

const [module = '', port = '0', ...rest] = process.argv.slice(2)
const { default: createBroker }: { default: (...args: string[]) => Broker } = await import(module)
// A short window: who returns reads from the log itself.
const hub = createHub({ broker: createBroker(...rest), window: { entries: 20 }, heartbeat: 1_000 })
await hub.ready

const app = express()
app.use(sse({ hub, retry: [20, 100] }))
app.get('/events', (_req, res) => void res.sse.subscribe('news'))
app.post('/publish', express.json({ limit: '1mb' }), async (req, res) => {
  const messages: { data: string; key: string }[] = req.body
  const published = messages.map(({ data, key }) =>
    hub.publish('news', data, { event: 'tick', idempotencyKey: key }),
  )
  res.json(await Promise.all(published))
})
app.listen(Number(port), '127.0.0.1', () => console.log(`listening on ${port}`))
