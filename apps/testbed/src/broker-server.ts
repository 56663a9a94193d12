/**
 * An Express server in a process of its own, which fault tests kill. A module makes its broker.
 *
 *     node broker-server.ts <module> <port> <arguments of the broker>
 *
 * The default export of the module gets these arguments. `GET /events` is a stream of the channel `news` and of the requested channels;
 * `?user=` is its key. `POST /events` changes its channels. `POST /publish` takes a list of `{ data, key?, channel? }` and answers their
 * outcomes when all are settled: 200, or 503 if one was refused, whose outcome is `{ error: code }`. `POST /disconnect?user=` ends the
 * streams of a user; `GET /streams?user=` counts the streams of a user in this process, and `GET /presence` lists the members of the channel `room`. `POST /runs?channel=` starts a run that counts until its
 * process ends, and answers its position; `GET /runs?channel=&since=` is a stream of it.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { type Broker, channels, createHub, SseError, sse } from '@sse/express'
import express from 'express'

const [module = '', port = '0', ...rest] = process.argv.slice(2)
const { default: createBroker }: { default: (...args: string[]) => Broker } = await import(module)
// A short window, so that clients that return read from the log.
const hub = createHub({
  broker: createBroker(...rest),
  window: { entries: 20 },
  heartbeat: 1_000,
  channel: (name) => ({ presence: name === 'room' }),
})
await hub.ready

const app = express()
const userOf = ({ query }: express.Request) => (typeof query['user'] === 'string' ? query['user'] : undefined)
app.use(sse({ hub, key: userOf, presence: userOf, authorize: () => true, retry: [20, 100] }))
app.get('/events', (_req, res) => void res.sse.subscribe('news'))
app.post('/events', channels(hub))
app.post('/publish', express.json({ limit: '1mb' }), async (req, res) => {
  const messages: { data: string; key?: string; channel?: string }[] = req.body
  const outcomes = await Promise.all(
    messages.map(({ data, key, channel = 'news' }) =>
      hub
        .publish(channel, data, { event: 'tick', ...(key === undefined ? {} : { idempotencyKey: key }) })
        .catch((error: unknown) => ({ error: error instanceof SseError ? error.code : String(error) })),
    ),
  )
  res.status(outcomes.some((outcome) => 'error' in outcome) ? 503 : 200).json(outcomes)
})
app.post('/disconnect', async (req, res) => {
  await hub.disconnect(userOf(req) ?? '', { reconnect: false })
  res.sendStatus(204)
})
app.get('/presence', async (_req, res) => {
  res.json(await hub.presence('room'))
})
app.get('/streams', (req, res) => {
  const user = userOf(req)
  res.json({ streams: [...hub.streams].filter(({ key }) => key === user).length })
})
const textOf = (value: unknown) => (typeof value === 'string' ? value : '')
async function* count() {
  for (let number = 0; ; number++) {
    yield number
    await delay(5)
  }
}
app.post('/runs', async ({ query }, res) => {
  const { position } = await hub.run(textOf(query['channel']), count(), { event: 'item', every: 20 })
  res.json({ position })
})
app.get('/runs', ({ query }, res) => {
  const since = textOf(query['since'])
  res.sse.subscribe(textOf(query['channel']), since ? { since } : {})
})
app.listen(Number(port), '127.0.0.1', (error) => {
  // Express calls this also when the port is taken.
  if (error) throw error
  console.log(`listening on ${port}`)
})
