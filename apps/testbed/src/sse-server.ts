import { request as forward } from 'node:http'
import { channels, createHub, type Hub, type HubOptions, type SseOptions, sse } from '@sse/express'
import express, { type RequestHandler } from 'express'
import { onTestFinished } from 'vitest'
import { listening } from './listening.ts'

/** For servers of one log. */
export { createMemoryLog } from '@sse/express'

export interface SseServerOptions {
  /** The port to listen on. Default: a free one. */
  readonly port?: number
  /** Options of the hub. Default: a memory log, which ends with the server. */
  readonly hub?: HubOptions
  /** More options of the middleware. */
  readonly sse?: SseOptions
  /** A middleware before the route: to refuse, to sign in, to allow other origins. */
  readonly before?: RequestHandler
  /** Channels every stream is on. Default: `news`. */
  readonly channels?: readonly string[]
}

/** A real server: Express, `@sse/express`, one route `/events` with channels that start with `topic:` to ask for. */
export interface SseServer {
  readonly url: string
  readonly port: number
  readonly hub: Hub
  /** The requests so far: method, URL, headers. */
  readonly requests: { readonly method: string; readonly url: string; readonly accept: string | undefined }[]
  /** Closes the server and breaks all connections, as a crash does. */
  stop(): Promise<void>
}

export async function startSseServer(options: SseServerOptions = {}): Promise<SseServer> {
  const hub = createHub(options.hub)
  const requests: SseServer['requests'] = []
  const app = express()
  app.use((req, _res, next) => {
    requests.push({ method: req.method, url: req.url, accept: req.headers.accept })
    next()
  })
  if (options.before) app.use(options.before)
  app.use(sse({ hub, authorize: (_req, channel) => channel.startsWith('topic:'), ...options.sse }))
  app.get('/events', (_req, res) => void res.sse.subscribe([...(options.channels ?? ['news'])]))
  app.post('/events', channels(hub))
  const { origin, port, close } = await listening(app, options.port)
  const stop = async () => void (await Promise.all([close(), hub.close({ drain: 0 })]))
  onTestFinished(stop)
  return { url: `${origin}/events`, port, hub, requests, stop }
}

/** A proxy that buffers responses until they are complete. */
export interface BufferingProxy {
  readonly url: string
  /** Whether bodies are buffered. True at first. */
  buffers: boolean
  /** Whether the head is buffered too. False at first. */
  buffersHead: boolean
}

export async function startBufferingProxy(target: SseServer): Promise<BufferingProxy> {
  const proxy = { url: '', buffers: true, buffersHead: false }
  const { origin } = await listening((incoming, outgoing) => {
    const { method = 'GET', url: path = '/', headers } = incoming
    const onward = forward(
      { host: '127.0.0.1', port: target.port, method, path, headers },
      async (answer) => {
        const held: Buffer[] = []
        const pass = () => {
          if (!outgoing.headersSent) outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        }
        // The first byte of a body goes with the head unless it is told to go at once.
        if (!proxy.buffersHead) {
          pass()
          outgoing.flushHeaders()
        }
        answer.on('data', (chunk: Buffer) => {
          if (proxy.buffers) held.push(chunk)
          else {
            pass()
            outgoing.write(chunk)
          }
        })
        answer.on('end', () => {
          pass()
          for (const chunk of held) outgoing.write(chunk)
          outgoing.end()
        })
        answer.on('error', () => outgoing.destroy())
      },
    )
    onward.on('error', () => outgoing.destroy())
    outgoing.on('close', () => onward.destroy())
    incoming.pipe(onward)
  })
  proxy.url = `${origin}/events`
  return proxy
}
