import { randomUUID } from 'node:crypto'
import { createHub, type Run, sse } from '@sse/express'
import express, { type Response } from 'express'
import { listen } from '../listen.ts'
import { page } from '../page.ts'
import { toChunks } from './chunks.ts'
import { generate } from './model.ts'

// Tokens have a hub of their own: thousands of them would push all other events out of the window. A broker of Redis or PostgreSQL lets any
// process start, show and stop an answer.
const hub = createHub()
const app = express()
app.use(sse({ hub }))

// Stands for your sign-in: each browser is a user.
app.use((req, res, next) => {
  const user = /(?:^|; )user=([\w-]{36})(?:;|$)/.exec(req.get('Cookie') ?? '')?.[1] ?? randomUUID()
  res.locals['user'] = user
  res.cookie('user', user, { httpOnly: true, sameSite: 'strict' })
  next()
})

/** Stands for your database: whose answer it is, and where in the log it begins. */
const answers = new Map<string, { readonly user: string; readonly position: string }>()

// Only the owner reads or stops an answer. For everybody else it does not exist.
app.param('id', (_req, res, next, id: string) => {
  if (answers.get(id)?.user === res.locals['user']) next()
  else res.sendStatus(404)
})

const body = express.json({ limit: '16kb' })
const promptOf = (given: unknown) =>
  String((given as { prompt?: unknown } | undefined)?.prompt ?? '').slice(0, 4_000)

function answered(res: Response, id: string, { position }: Run): void {
  answers.set(id, { user: res.locals['user'], position })
  res.status(201).json({ place: `answers/${id}` })
}

// The answer is not part of the request: it goes on when its readers leave.
app.post('/answers', body, async (req, res) => {
  const id = randomUUID()
  answered(res, id, await hub.run(`answer:${id}`, generate(promptOf(req.body)), { event: 'token' }))
})

// The same answer, in the message format of the AI SDKs.
app.post('/messages', body, async (req, res) => {
  const id = randomUUID()
  const chunks = toChunks(id, generate(promptOf(req.body)))
  answered(res, id, await hub.run(`answer:${id}`, chunks, { event: 'chunks' }))
})

app.get('/answers/:id/events', (req, res) => {
  const { id } = req.params
  res.sse.subscribe(`answer:${id}`, { since: answers.get(id)?.position })
})

app.delete('/answers/:id', async (req, res) => {
  await hub.abort(`answer:${req.params.id}`)
  res.sendStatus(204)
})

app.use(await page(import.meta.dirname, 'LLM stream'))
listen(app)
