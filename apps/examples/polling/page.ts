import { createPoll } from '../polled-page.ts'

// It asks every second, whether there is anything or not: most answers are empty, and news are half a second old on average. That is right for what
// changes all the time and may be late, a chart for instance. No connection stays open, so none is used up, and
// no proxy can hold an answer back.
const poll = createPoll({ Accept: 'application/json' })

// The next request follows the answer: `setInterval` would heap requests onto a server that is slow.
async function again(): Promise<void> {
  await poll().catch(console.warn)
  setTimeout(again, 1_000)
}
again()
