/** The process: reads the environment, starts the lab, listens, and leaves in order. */
import { join } from 'node:path'
import {
  builtPage,
  closeServer,
  createServerFor,
  developmentPage,
  explainFailure,
  leaveWhenTold,
  listen,
} from '@sse/kit'
import { transportNames } from '../shared/lab.ts'
import { startLabApp } from './app.ts'
import { readEnvironment } from './environment.ts'

try {
  await start()
} catch (error) {
  console.error(`The lab could not start. ${explainFailure(error, 1 + transportNames.length)}`)
  process.exit(1)
}

async function start(): Promise<void> {
  const { production, port, host, allowedHosts, transportPorts } = readEnvironment(process.env)
  const server = createServerFor(allowedHosts, (req, res) => lab.app(req, res))
  const app = { app: join(import.meta.dirname, '..') }
  const page = production ? builtPage(app) : await developmentPage(server, app)
  const lab = await startLabApp({
    ports: transportPorts,
    host,
    allowedHosts,
    page: page.handler,
    strict: production,
  })

  const bound = await listen(server, { port, host })
  // Before the address is printed: a program that waits for it may stop the server at once.
  const closeStreams = () => Promise.all([lab.close(), page.close()])
  leaveWhenTold(() => closeServer(server, closeStreams), console.error)
  const ports = transportNames.map((name) => lab.lab.ports[name])
  const range = port === 0 ? ports.join(', ') : `${ports[0]} to ${ports.at(-1)}`
  console.log(`Transport lab: http://localhost:${bound} (its five transports use the ports ${range})`)
}
