import { once } from 'node:events'
import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'
import { channels, createHub, type Hub, type HubOptions, sse } from '@sse/express'
import express, { type RequestHandler } from 'express'
import { onTestFinished } from 'vitest'

export interface SseServerOptions {
  /** The port to listen on. Default: a free one. */
  readonly port?: number
  /** The hub's, the broker among them. Default: a memory log, which is gone with the server. */
  readonly hub?: HubOptions
  /** What comes before the route: to refuse, to sign in, to allow other origins. */
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
  /** Breaks every connection off and ends it, as a crash does. */
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
  app.use(sse({ hub, authorize: (_req, channel) => channel.startsWith('topic:') }))
  app.get('/events', (_req, res) => void res.sse.subscribe([...(options.channels ?? ['news'])]))
  app.post('/events', channels(hub))
  const server = app.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= (async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await Promise.all([closed, hub.close({ drain: 0 })])
    })()
    return stopped
  }
  onTestFinished(stop)
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/events`, port, hub, requests, stop }
}

/** A proxy in front of a server that hands on an answer when it is complete, as long as it is told to. */
export interface BufferingProxy {
  readonly url: string
  /** Whether answers are held back. True at first. */
  buffers: boolean
  /** Whether the head of an answer is held back too. False at first. */
  buffersHead: boolean
}

export async function startBufferingProxy(target: SseServer): Promise<BufferingProxy> {
  const proxy = { url: '', buffers: true, buffersHead: false }
  const server = createServer((incoming, outgoing) => {
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
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`
  return proxy
}
