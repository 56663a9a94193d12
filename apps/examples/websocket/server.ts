import type { IncomingMessage } from 'node:http'
import express from 'express'
import { type WebSocket, WebSocketServer } from 'ws'
import { listen } from '../listen.ts'
import { page } from '../page.ts'

/** Milliseconds between two notifications, and between two looks at whether a client is still there. */
const interval = Number(process.env['INTERVAL'] ?? 3_000)
const heartbeat = Number(process.env['HEARTBEAT'] ?? 15_000)

const app = express()
app.use(await page(import.meta.dirname, 'WebSocket'))

// The connection begins as a GET with `Upgrade: websocket` and a key; 101 and `Sec-WebSocket-Accept`, the hash of that key,
// end HTTP on it. What HTTP had for us, `res.sse` used and is by hand from here on: 1 to 5.
const sockets = new WebSocketServer({
  server: listen(app),
  path: '/socket',
  // 1. There is no CORS for WebSockets: a page of any site may open one, and cookies come along.
  verifyClient: ({ origin, req }: { origin?: string; req: IncomingMessage }) =>
    !origin || URL.parse(origin)?.host === req.headers.host,
  maxPayload: 1_024, // what clients send is kept in memory until it is complete
})

/** 2. A log, for those who come back: a WebSocket knows no ids and no `Last-Event-ID`. */
const notifications: { number: number }[] = []
const alive = new WeakSet<WebSocket>()

sockets.on('connection', (socket, { url = '' }) => {
  const after = Number(new URL(url, 'ws://server').searchParams.get('after') ?? notifications.length)
  for (const notification of notifications.slice(after)) send(socket, { notification })

  alive.add(socket)
  socket.on('pong', () => alive.add(socket))
  socket.on('error', console.error) // unheard it would end the process
  // The one thing that a stream cannot do: the client speaks on the same connection. For a click now and then a POST
  // does; for a game or a common text this is what WebSockets are for.
  socket.on('message', (message) => {
    const read = readMessage(String(message))
    if (read !== undefined) broadcast({ read })
  })
})

// 3. Nothing tells that a client has lost its network. So the server disconnects clients that have not answered the last ping.
setInterval(() => {
  for (const socket of sockets.clients) {
    if (alive.delete(socket)) socket.ping()
    else socket.terminate()
  }
}, heartbeat)

let number = 0
setInterval(() => {
  const notification = { number: ++number }
  notifications.push(notification)
  broadcast({ notification })
}, interval)

function broadcast(message: object): void {
  for (const socket of sockets.clients) send(socket, message)
}

function send(socket: WebSocket, message: object): void {
  // 4. `send` takes whatever it is given: what a slow client does not take is kept in memory.
  if (socket.bufferedAmount > 1_048_576) socket.terminate()
  else socket.send(JSON.stringify(message))
}

/** What a client sends may be anything. */
function readMessage(text: string): number | undefined {
  try {
    const { read } = JSON.parse(text)
    return Number.isSafeInteger(read) ? read : undefined
  } catch {
    return undefined
  }
}
