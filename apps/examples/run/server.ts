import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { createHub, sse } from '@sse/express'
import express from 'express'
import { listen } from '../listen.ts'
import { page } from '../page.ts'

/** Milliseconds that a step of the work takes. */
const interval = Number(process.env['INTERVAL'] ?? 200)

/** Any long work that says how far it is: a report, an import, a model's answer. */
async function* work(): AsyncGenerator<string> {
  for (let step = 1; step <= 50; step++) {
    await delay(interval)
    yield `${step} `
  }
}

const hub = createHub()
/** Where each run begins. An app with several processes keeps it in its database. */
const positions = new Map<string, string>()

const app = express()
app.use(sse({ hub }))

// The run is not part of the request: it goes on when its readers leave, and any number of them may watch.
app.post('/runs', async (_req, res) => {
  const id = randomUUID()
  const run = await hub.run(`run:${id}`, work(), { event: 'progress' })
  positions.set(id, run.position)
  res.status(201).json({ id })
})

app.delete('/runs/:id', async (req, res) => {
  await hub.abort(`run:${req.params.id}`)
  res.sendStatus(204)
})

// A page that has just been loaded begins with the run. One that comes back brings its cursor, and is told what it missed.
app.get('/runs/:id/events', (req, res) => {
  const since = positions.get(req.params.id)
  if (since === undefined) res.sendStatus(404)
  else res.sse.subscribe(`run:${req.params.id}`, { since })
})

app.use(await page(import.meta.dirname, 'Run'))
listen(app)
