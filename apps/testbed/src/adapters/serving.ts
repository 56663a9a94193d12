import { once } from 'node:events'
import type { Server } from 'node:http'
import { type OpenStreamOptions, openStream } from '@sse/core/testing'
import { onTestFinished } from 'vitest'
import { listening } from '../listening.ts'
import type { Adapter, App, NodeApp, RuntimeApp, Setup } from './adapter.ts'

/** An app that is served until the test ends, and its client. */
export interface Served extends App {
  readonly port: number
  readonly origin: string
  /** Only of `node:http`. */
  readonly server: Server | undefined
  /** The server takes no more connections. Returns a function that resolves when the last one is closed. */
  stop(): () => Promise<unknown>
  open(path?: string, options?: OpenStreamOptions): ReturnType<typeof openStream>
  /** Asks for a document, by default as a poll. */
  ask(path?: string, headers?: Readonly<Record<string, string>>): Promise<Response>
  post(body: unknown, headers?: Readonly<Record<string, string>>, path?: string): Promise<Response>
}

export async function serve(adapter: Adapter, setup: Setup): Promise<Served> {
  const app = adapter.create(setup)
  const { port, server, stop } = await ('listen' in app ? servedByRuntime(app) : servedByNode(app))
  const origin = `http://127.0.0.1:${port}`
  return {
    ...{ origin, port, server, stop },
    close: (options) => app.close(options),
    open: (path = '/events', options) => openStream(origin, path, options),
    ask: (path = '/events', headers = {}) =>
      fetch(`${origin}${path}`, { headers: { Accept: 'application/json', ...headers } }),
    post: (body, headers = {}, path = '/events') =>
      fetch(`${origin}${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
  }
}

async function servedByNode({ listener }: NodeApp) {
  const { port, server } = await listening(listener)
  const stop = () => {
    const closed = once(server.close(), 'close')
    return () => {
      server.closeIdleConnections()
      return closed
    }
  }
  return { port, server, stop }
}

function servedByRuntime({ listen }: RuntimeApp) {
  const { port, stop, release } = listen()
  onTestFinished(release)
  const stopping = () => {
    const stopped = stop()
    return () => stopped
  }
  return { port, server: undefined, stop: stopping }
}
