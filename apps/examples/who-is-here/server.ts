import { createHub, sse } from '@sse/express'
import express, { type Request } from 'express'
import { listen } from '../listen.ts'
import { page } from '../page.ts'

const hub = createHub({ channel: (name) => ({ presence: name === 'lobby' }) })

/** Your app knows its users by a session. Here everybody says who they are: `/?name=mina`. */
const nameOf = ({ query }: Request) => String(query['name'] ?? 'guest').slice(0, 40)

const app = express()
app.use(
  sse({
    hub,
    // The tabs of a key are one member.
    key: nameOf,
    // What others are told of a member. They are never told the key.
    presence: (req) => ({ name: nameOf(req) }),
    authorize: (_req, channel) => channel === 'lobby',
  }),
)
app.get('/events', (_req, res) => void res.sse.subscribe([]))
app.use(await page(import.meta.dirname, 'Who is here'))
listen(app)
