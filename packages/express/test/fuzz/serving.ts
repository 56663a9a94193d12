import { once } from 'node:events'
import type { Response } from 'express'
import { expect, onTestFinished } from 'vitest'
import { createHub, type Hub, type SseOptions, type StreamEvent, sse } from '../../src/index.ts'
import type { expressVersions } from '../express-versions.ts'
import { listening } from '../listening.ts'
import { type Answer, exchange, requestOf } from './exchange.ts'
import { type ParsedStream, parsedStream } from './parsed-stream.ts'

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

/** A hub that tells of the streams that open, and keeps what it is told of errors. */
export function watchedHub(): {
  hub: Hub
  forAdapters: NonNullable<SseOptions['hub']>
  errors: unknown[]
  opened: () => Promise<StreamEvent['stream']>
} {
  const errors: unknown[] = []
  let tell = (_stream: StreamEvent['stream']) => {}
  const hub = createHub({
    onError: (error) => void errors.push(error),
    onStream: ({ type, stream }) => {
      if (type === 'open') tell(stream)
    },
  })
  const opened = () =>
    new Promise<StreamEvent['stream']>((resolve) => {
      tell = resolve
    })
  return { hub, forAdapters: hub as never, errors, opened }
}

/** Ends a stream when its client has taken what was sent: `close` cuts off a client that is behind. */
export async function closeWhenTaken(response: Response): Promise<void> {
  if (response.writableNeedDrain) await once(response, 'drain')
  response.sse.close()
}

/** Resolves after so many turns of the event loop, in which whatever needs no input comes to its end. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** An answer that must be a stream. */
export function streamOf({ status, headers, body }: Answer): ParsedStream {
  expect({ status, type: headers['content-type'] }).toEqual({
    status: 200,
    type: 'text/event-stream; charset=utf-8',
  })
  return parsedStream(body)
}
