import { createHub, type Hub, sse } from '@sse/express'
import { notFound, problems, sameOrigin } from '@sse/kit'
import express, { type Express, type RequestHandler } from 'express'
import type { ControlEvents } from '../shared/lab.ts'
import { controlRoutes } from './control.ts'
import { type Lab, type LabOptions, startLab } from './lab.ts'
import { security } from './security.ts'

export interface LabAppOptions extends Omit<LabOptions, 'viewers'> {
  /** Serves the page; without it there is only the API. */
  readonly page?: RequestHandler | undefined
  /** Whether the page is the built one, which needs nothing but itself. */
  readonly strict?: boolean
}

export interface LabApp {
  readonly app: Express
  readonly lab: Lab
  close(): Promise<void>
}

/** Milliseconds between two reports to the pages, and after which a page that has gone is not waited for any more. */
const pace = { report: 500, farewell: 3_000 }

/** The lab, running, and its HTTP side without a port. */
export async function startLabApp(options: LabAppOptions): Promise<LabApp> {
  const { page, strict = false, ...labOptions } = options
  // Only the newest state is of any use.
  const hub: Hub<ControlEvents> = createHub<ControlEvents>({
    window: { entries: 4 },
    onStream,
    onError: console.error,
  })
  const lab = await startLab({ ...labOptions, viewers: () => hub.streams.size })
  let farewell: NodeJS.Timeout | undefined
  const report = setInterval(() => {
    if (hub.streams.size > 0) void hub.publish('lab', lab.state(), { event: 'state' })
  }, pace.report)

  /** A page that is loaded again is back at once: the crowd need not leave for it. */
  function onStream({ type }: { readonly type: string }): void {
    clearTimeout(farewell)
    farewell = setTimeout(() => lab.attend(), type === 'open' ? 0 : pace.farewell)
  }

  const app = express()
  app.disable('x-powered-by')
  if (strict) app.use(security(lab))
  app.use(sameOrigin)
  app.use(sse({ hub, limits: { streams: 50 } }))
  app.use('/api', controlRoutes(lab, hub))
  app.use('/api', notFound)
  if (page) app.use(page)
  app.use(notFound)
  app.use(problems((error) => console.error(error)))

  return {
    app,
    lab,
    async close() {
      clearInterval(report)
      clearTimeout(farewell)
      await Promise.all([hub.close(), lab.close()])
      clearTimeout(farewell)
    },
  }
}
