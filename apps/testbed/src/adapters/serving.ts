import { type OpenStreamOptions, openStream } from '@sse/core/testing'
import { type Listening, listening } from '../listening.ts'
import type { Adapter, App, Setup } from './adapter.ts'

/** An app that is served until the test ends, and its client. */
export interface Served extends Omit<Listening, 'close'>, Pick<App, 'close'> {
  open(path?: string, options?: OpenStreamOptions): ReturnType<typeof openStream>
  /** Asks for a document, by default as a poll. */
  ask(path?: string, headers?: Readonly<Record<string, string>>): Promise<Response>
  post(body: unknown, headers?: Readonly<Record<string, string>>, path?: string): Promise<Response>
}

export async function serve(adapter: Adapter, setup: Setup): Promise<Served> {
  const app = adapter.create(setup)
  const { origin, port, server } = await listening(app.listener)
  return {
    ...{ origin, port, server },
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
