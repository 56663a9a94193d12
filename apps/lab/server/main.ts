/** The process: reads the environment, starts the lab, listens, and leaves in order. */
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { builtPage, closeServer, createServerFor, developmentPage, leaveWhenTold } from '@sse/kit'
import { transportNames } from '../shared/lab.ts'
import { startLabApp } from './app.ts'
import { readEnvironment } from './environment.ts'

try {
  await start()
} catch (error) {
  console.error(`The lab could not start. ${explain(error)}`)
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

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host }, resolve)
  })
  const { port: bound } = server.address() as AddressInfo
  // Before the address is printed: a program that waits for it may stop the server at once.
  const closeStreams = () => Promise.all([lab.close(), page.close()])
  leaveWhenTold(() => closeServer(server, closeStreams), console.error)
  console.log(`Transport lab: http://localhost:${bound}`)
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'EADDRINUSE' && 'port' in error) {
    const other = Number(error.port) + 100
    return `Port ${error.port} is in use by another program. Stop that one, or choose the first of ${1 + transportNames.length} ports in a row: PORT=${other}`
  }
  return error.message
}
