/**
 * The whole idea: notifications that are stored, arrive at once, and are never lost. Read this program from top to bottom, then `page.ts`.
 * Try it: open two pages, write something, stop the program, start it again. Nothing is missing on either page.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createHub, sse } from '@sse/express'
import { createSqliteBroker } from '@sse/sqlite'
import express from 'express'
import { listen } from '../listen.ts'
import { page } from '../page.ts'

// 1. The data. One file has the notifications of the app and, in tables of its own, the log of events.
const database = new DatabaseSync(process.env['DATABASE_FILE'] ?? join(import.meta.dirname, 'data.sqlite'))
database.exec('CREATE TABLE IF NOT EXISTS notifications (id INTEGER PRIMARY KEY, title TEXT NOT NULL)')
const insert = database.prepare('INSERT INTO notifications (title) VALUES (?)')
const newest = database.prepare('SELECT id, title FROM notifications ORDER BY id DESC LIMIT 50')

// 2. The hub. It publishes to the log and delivers from the log: to each stream the events after its position.
const broker = createSqliteBroker(database)
const hub = createHub({ broker })
await hub.ready

// 3. Storing and publishing are one transaction: both happen, or neither. The promise settles after the commit.
function notify(title: string): Promise<unknown> {
  const { published } = broker.transaction(() => {
    const id = Number(insert.run(title).lastInsertRowid)
    return { published: hub.publish('news', { id, title }, { event: 'notification' }) }
  })
  return published
}

// 4. The app. The middleware gives every response `res.sse`, which is a stream once it is used.
const app = express()
app.use(sse({ hub }))

// A stream of everything on the channel `news`. A client that reconnects sends the id of its last event, and gets what it missed.
app.get('/events', (_req, res) => {
  res.sse.subscribe('news')
})

// The list, and the position in the log that belongs to it. The position is read first: an event that is published in between arrives twice,
// which the page can tell by its id. The other way round it would never arrive.
app.get('/notifications', (_req, res) => {
  const { position } = hub
  res.set('Cache-Control', 'no-store').json({ position, list: newest.all() })
})

app.post('/notifications', express.json(), async (req, res) => {
  const title = String(req.body?.title ?? '').trim()
  if (title === '' || title.length > 200) {
    res.status(400).json({ error: 'A title has 1 to 200 characters' })
    return
  }
  await notify(title)
  res.sendStatus(201)
})

app.use(await page(import.meta.dirname, 'Notifications'))
const server = listen(app)

// 5. The end. The hub ends the streams one after the other and tells each client when to reconnect, at different times. Requests under way may
// still publish. The log is on the disk, so the next process goes on where this one ended.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    server.close()
    await hub.close({ drain: 500, retry: [500, 2_000] })
    server.closeAllConnections()
    database.close()
  })
}
