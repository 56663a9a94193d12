import { createPoll } from '../polled-page.ts'

// The server answers as soon as there is something, so nothing is late and few answers are empty. But every answer costs a request with all its
// headers. Where there is much to tell, a stream is cheaper by far.
const poll = createPoll({ Accept: 'application/json', Prefer: 'wait=25' })

// It pauses only after a failure: without the pause it would ask a server that is down as fast as that refuses.
async function again(): Promise<void> {
  const pause = await poll().then(
    () => 0,
    () => 2_000,
  )
  setTimeout(again, pause)
}
again()
