import { createHook } from 'node:async_hooks'
import { once } from 'node:events'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { queryObjects } from 'node:v8'
import { serveParent } from '@sse/testbed/served-process'
import express from 'express'
import { channels, createHub, type HubStats, sse } from '../src/index.ts'

/** The server of `leaks.test.ts`: a route for each way in which a stream comes to its end, and a census of what is left of them. */
export type Command = { readonly disconnect: string } | { readonly flood: number } | { readonly census: true }

export interface Census {
  readonly stats: HubStats
  /** `hub.streams.size`. */
  readonly streams: number
  /** Objects that a collection of the garbage leaves over, by their class. */
  readonly objects: Readonly<Record<string, number>>
  /** Timers that have neither fired for the last time nor been cleared, those that do not keep the process alive included. */
  readonly timers: number
  /** What keeps the process alive, by its kind. */
  readonly resources: Readonly<Record<string, number>>
  /** Listeners on the server and on the process. */
  readonly listeners: number
  /** Entries that the program itself has put into the log. */
  readonly entries: number
  /** Bytes of the heap that a collection of the garbage leaves over. */
  readonly heap: number
  /** Endless sources that a stream has begun to read, and of them those that were told that it is over. */
  readonly sources: { readonly begun: number; readonly cancelled: number }
}

const timers = new Set<number>()
createHook({
  init: (id, type) => void (type === 'Timeout' && timers.add(id)),
  destroy: (id) => void timers.delete(id),
}).enable()

/** The class of the streams, which is not exported: a reader and a transport refer to their stream, so that it stands for all three. */
let streamClass: object['constructor'] = Object
const hub = createHub({
  onStream: ({ stream }) => {
    streamClass = stream.constructor
  },
})
const app = express()
app.use((_req, res, next) => {
  // Node renews the date of its responses by a timer, which may run or not at a census.
  res.sendDate = false
  next()
})
app.use(
  sse({
    hub,
    key: (req) => req.query['key']?.toString(),
    authorize: async (_req, channel) => channel.startsWith('open'),
  }),
)
app.post('/lasting', channels(hub))

app.get('/lasting', (_req, res) => {
  res.sse.subscribe(['all', 'news'], { expires: new Date(Date.now() + 3_600_000) })
  res.sse.signal.addEventListener('abort', () => {})
})
app.get('/expiring', (_req, res) => {
  res.sse.comment()
  res.sse.subscribe('all', { expires: new Date(Date.now() + 20) })
})
app.get('/closed', (_req, res) => {
  res.sse.subscribe('all').send('bye')
  res.sse.close({ reconnect: 1_000 })
})
app.get('/refused', (_req, res) => res.sse.subscribe('all').close({ reconnect: false }))
app.get('/late', async (_req, res) => {
  res.writeProcessing()
  await once(res, 'close')
  res.sse.subscribe('all')
})
app.get('/cut', (req, res) => {
  res.sse.subscribe('all')
  req.socket.destroy()
})

const flooded = new Set<ServerResponse>()
app.get('/flooded', (_req, res) => {
  res.sse.subscribe('flood')
  flooded.add(res)
  res.on('close', () => flooded.delete(res))
})

const sources = { begun: 0, cancelled: 0 }
app.get('/from', (_req, res) => void res.sse.from(endless()))
async function* endless() {
  sources.begun++
  try {
    for (;;) yield 'x'.repeat(16_384)
  } finally {
    sources.cancelled++
  }
}

let entries = 0
const sockets = new Set<Socket>()
const server = await serveParent(app, answer)
server.on('connection', (socket: Socket) => {
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
})
async function answer(command: Command): Promise<unknown> {
  if ('disconnect' in command) return disconnect(command.disconnect)
  if ('flood' in command) return flood(command.flood)
  await Promise.all([...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve))))
  return census()
}

function disconnect(key: string): Promise<void> {
  entries++
  return hub.disconnect(key)
}

/** Publishes until so many clients take no more. */
async function flood(clients: number): Promise<void> {
  const isFull = ({ writableLength, socket }: ServerResponse) =>
    writableLength + (socket?.writableLength ?? 0) > 0
  while ([...flooded].filter(isFull).length < clients) {
    for (let count = 0; count < 16; count++) {
      entries++
      await hub.publish('flood', 'x'.repeat(65_000))
    }
  }
}

function census(): Census {
  const counted = { Stream: streamClass, AbortSignal, ServerResponse, IncomingMessage, Socket }
  const objects = Object.entries(counted).map(([name, type]) => [name, queryObjects(type as typeof Socket)])
  const kinds = Object.groupBy(process.getActiveResourcesInfo(), (kind) => kind)
  const emitters = [server, process] as const
  return {
    stats: hub.stats(),
    streams: hub.streams.size,
    objects: Object.fromEntries(objects),
    timers: timers.size,
    resources: Object.fromEntries(Object.entries(kinds).map(([kind, all = []]) => [kind, all.length])),
    listeners: emitters
      .flatMap((emitter) => emitter.eventNames().map((name) => emitter.listenerCount(name)))
      .reduce((sum, count) => sum + count, 0),
    entries,
    heap: process.memoryUsage().heapUsed,
    sources,
  }
}
