import { setTimeout as delay } from 'node:timers/promises'
import { createHub, type SseStream, sse } from '@sse/express'
import express, { type ErrorRequestHandler } from 'express'
import { listen } from '../listen.ts'
import { page } from '../page.ts'
import { whenEnded } from './emitter.ts'

/** Milliseconds between two values, and of an emitter's life: `new SseEmitter(60 * 1000L)`. */
const interval = Number(process.env['INTERVAL'] ?? 1_000)
const timeout = Number(process.env['TIMEOUT'] ?? 60_000)

const hub = createHub()
const app = express()
app.use(sse({ hub }))

/** The registry. `hub.streams` is one too, of all streams of the process: write your own where you need your own order. */
const emitters = new Set<SseStream>()

app.get('/connect', (_req, res) => {
  // Whatever a request borrows, a database connection of a pool above all, is given back before this: a stream may last for hours.
  // `subscribe` is only there to give it a time: all that it is sent is sent to it alone.
  const emitter = res.sse.subscribe([], { expires: new Date(Date.now() + timeout) })
  emitters.add(emitter)
  whenEnded(emitter, {
    onTimeout: () => console.log('timeout'),
    onError: (reason) => console.log(`error: ${reason}`),
    onCompletion: () => {
      emitters.delete(emitter)
      console.log(`completion, ${emitters.size} emitters left`)
    },
  })
  // A greeting like Spring's. It need not be sent: a stream that has nothing to say yet opens all the same, with a first
  // byte for proxies, so neither is there a 503 when its time is over.
  emitter.send('connected!', { event: 'connect' })
})

app.post('/broadcast', express.text(), (req, res) => {
  for (const emitter of emitters) emitter.send(req.body, { event: 'news' })
  res.json({ emitters: emitters.size })
})

app.post('/complete', (_req, res) => {
  for (const emitter of emitters) emitter.close({ reconnect: false })
  res.json({ emitters: emitters.size })
})

/** Twenty values, one every interval. No thread sleeps for it: a generator waits, and thousands of them cost next to nothing. */
async function* values(count = 20) {
  for (let value = 1; value <= count; value++) {
    yield value
    await delay(interval)
  }
}

app.get('/values', async (_req, res) => {
  await res.sse.from(values(), { event: 'value' }) // as fast as the client takes them; stops when it leaves
  res.sse.close({ reconnect: false }) // complete(): the browser must not ask for the twenty once more
})

async function* failing() {
  yield* values(3)
  throw new Error('the source ran dry')
}

// completeWithError(): what a source throws comes out of `from`, and from there to Express's error handling. The status is
// sent by then, 200: all that can be told is told by an event.
app.get('/failing', (_req, res) => res.sse.from(failing(), { event: 'value' }))

const errorToStream: ErrorRequestHandler = (error, _req, res, next) => {
  if (!res.headersSent) return next(error)
  console.log(`completion with an error: ${error.message}`)
  res.sse.send({ message: 'Something went wrong.' }, { event: 'failed' }) // the reason is for the log, not for everybody
  res.sse.close({ reconnect: false })
}
app.use(await page(import.meta.dirname, 'Emitters'))
app.use(errorToStream)

listen(app)
