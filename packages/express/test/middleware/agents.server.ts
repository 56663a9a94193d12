import { createRequire } from 'node:module'
import { serveParent } from '@sse/testbed/served-process'
import { createHub, sse } from '../../src/index.ts'
import { type Seen, seen } from './agents/seen.ts'

/** The server of `agents.test.ts`: an app whose agent was loaded before it, by `--import`. Its argument is the package of Express. */
export type Command = { readonly publish: string } | { readonly census: true }

export interface Census extends Seen {
  readonly streams: number
  /** What was reported to the hub. */
  readonly errors: readonly string[]
}

const express: typeof import('express') = createRequire(import.meta.url)(process.argv[2]!)

const errors: string[] = []
const hub = createHub({ heartbeat: 0, onError: (error) => errors.push(String(error)) })
const app = express()
app.use(sse({ hub, limits: { streams: 1 } }))
app.get('/events', (_req, res) => void res.sse.subscribe('news'))
app.get('/plain', (_req, res) => void res.send('plain'))
app.get('/thrown', () => {
  throw new Error('before the stream')
})
app.get('/failing', (_req, res, next) => {
  res.sse.from(failing()).catch(next)
})

async function* failing() {
  yield 'one'
  throw new Error('after the first word')
}

await serveParent(app, async (command: Command) => {
  if ('publish' in command) await hub.publish('news', command.publish)
  return { ...seen, streams: hub.streams.size, errors } satisfies Census
})
