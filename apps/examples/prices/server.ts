import { createHub, sse } from '@sse/express'
import express from 'express'
import { listen } from '../listen.ts'
import { page } from '../page.ts'

/** Milliseconds between two changes of a price. */
const interval = Number(process.env['INTERVAL'] ?? 5)

const symbols = ['AAPL', 'AMZN', 'GOOG', 'META', 'MSFT', 'NFLX', 'NVDA', 'TSLA']

// The newest event of a record replaces the older ones. So a page that opens is given every price at once, and nothing has to be loaded.
const hub = createHub({ channel: (name) => ({ records: name === 'prices' }) })

let count = 0
function change(): void {
  const record = symbols[count % symbols.length]!
  const cents = 10_000 + Math.round(1_000 * Math.sin(count / 50))
  // The course of the day makes an event as large as those of real charts, so a slow reader soon cannot keep up.
  const course = Array.from({ length: 2_000 }, (_, minute) => cents + (minute % 60))
  void hub.publish('prices', { cents, count: count++, course }, { event: 'price', record })
}
for (const _ of symbols) change()
setInterval(change, interval)

const app = express()
app.use(sse({ hub }))
app.get('/events', (_req, res) => void res.sse.subscribe('prices'))
app.use(await page(import.meta.dirname, 'Prices'))
listen(app)
