import { once } from 'node:events'
import { type Answer, exchange, requestOf } from '@sse/testbed/fuzz'
import type { Response } from 'express'
import { onTestFinished } from 'vitest'
import { type SseOptions, sse } from '../../src/index.ts'
import type { expressVersions } from '../express-versions.ts'
import { listening } from '../listening.ts'

export type Express = (typeof expressVersions)[number][1]

/** A server whose only route does what each run says; what it throws there fails the run. */
export async function serving(express: Express, options: SseOptions = {}) {
  let job: (response: Response) => unknown
  let failure: { readonly error: unknown } | undefined
  const app = express().use(sse(options))
  app.get('/', async (_req, res) => {
    try {
      await job(res)
    } catch (error) {
      failure = { error }
      res.destroy()
    }
  })
  const { port, close } = await listening(app)
  onTestFinished(close)
  return async function run(next: typeof job): Promise<Answer> {
    job = next
    failure = undefined
    const [answer] = await Promise.allSettled([exchange(port, requestOf('GET / HTTP/1.1'))])
    if (failure) throw (failure as { error: unknown }).error
    if (answer.status === 'rejected') throw answer.reason
    return answer.value
  }
}

/** Ends a stream when its client has taken what was sent: `close` cuts off a client that is behind. */
export async function closeWhenTaken(response: Response): Promise<void> {
  if (response.writableNeedDrain) await once(response, 'drain')
  response.sse.close()
}
