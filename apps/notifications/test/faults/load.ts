import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { signIn } from '../start-server.ts'

/** What was to be sent, whatever happened to the server meanwhile. */
export interface Load {
  /** Ids of what the server has acknowledged, in no particular order. */
  readonly acknowledged: readonly number[]
  /** No more is begun; resolves when all that was is acknowledged. */
  stop(): Promise<void>
}

export interface LoadOptions {
  /** Whom each message is for; asked anew every time. */
  readonly recipient: () => string
  /** Milliseconds from one message of a sender to the next; asked anew every time. */
  readonly pause: () => number
}

/** Users who write one message after the other. What was not answered is sent again under the same key, until it is. */
export async function startLoad(
  origin: string,
  users: readonly string[],
  { recipient, pause }: LoadOptions,
): Promise<Load> {
  const acknowledged: number[] = []
  let stopped = false
  onTestFinished(() => {
    stopped = true
  })
  const cookies = await Promise.all(users.map((user) => signIn(origin, user)))
  const done = Promise.all(cookies.map(write))
  done.catch(() => {})
  return {
    acknowledged,
    async stop() {
      stopped = true
      await done
    },
  }

  async function write(Cookie: string): Promise<void> {
    for (let number = 1; !stopped; number++) {
      const send = sending(Cookie, { to: recipient(), title: `Number ${number}`, body: '' })
      let id = await send()
      while (id === undefined) {
        await delay(100)
        id = await send()
      }
      acknowledged.push(id)
      await delay(pause())
    }
  }

  function sending(Cookie: string, draft: object): () => Promise<number | undefined> {
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID(), Cookie }
    const init = { method: 'POST', headers, body: JSON.stringify(draft) }
    return async () => {
      const answer = await fetch(`${origin}/api/notifications`, init).catch(() => undefined)
      // Nobody answers, or the server is about to go.
      if (!answer || answer.status === 503) return undefined
      // Ended within its answer, it has not acknowledged anything.
      const text = await answer.text().catch(() => undefined)
      if (text === undefined) return undefined
      if (!answer.ok) throw new Error(`${answer.status}: ${text}`)
      return (JSON.parse(text) as { id: number }).id
    }
  }
}
