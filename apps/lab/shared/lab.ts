/** What the server, the page and the crowd tell each other, checked by the same schemas. */
import * as v from 'valibot'
import { settingsSchema } from './settings.ts'

/** The transports, in the order in which the page shows them. */
export const transportNames = ['short', 'etag', 'long', 'websocket', 'sse'] as const
export type TransportName = (typeof transportNames)[number]

/** Whether every answer needs a request, so that requests count per event. The others make one request. */
export const isPolled = (name: TransportName): boolean => name !== 'websocket' && name !== 'sse'

/** One value for each transport. */
export type PerTransport<T> = Readonly<Record<TransportName, T>>

export function perTransport<T>(make: (name: TransportName) => T): Record<TransportName, T> {
  return {
    short: make('short'),
    etag: make('etag'),
    long: make('long'),
    websocket: make('websocket'),
    sse: make('sse'),
  }
}

/** An event of the lab. All transports send the same text at the same moment. */
export const labEventSchema = v.object({
  /** Counts up by one: a client that sees a number left out has missed an event. */
  n: v.pipe(v.number(), v.safeInteger()),
  /** When it was made, in milliseconds since the epoch by the server's clock. */
  at: v.number(),
  /** Filling, as long as the setting `payload` says. */
  text: v.string(),
})
export type LabEvent = v.InferOutput<typeof labEventSchema>

/** The answer to a short or a long poll. */
export const pollAnswerSchema = v.object({
  events: v.array(labEventSchema),
  /** Where to ask on from. */
  next: v.string(),
  /** There is more already: ask again at once. */
  more: v.boolean(),
})
export type PollAnswer = v.InferOutput<typeof pollAnswerSchema>

/** The answer to a poll with `ETag`: always the whole list of the newest events, oldest first. */
export const listAnswerSchema = v.object({
  /** Another one after every start of the server, which then numbers from 1 again. */
  epoch: v.string(),
  events: v.array(labEventSchema),
})
export type ListAnswer = v.InferOutput<typeof listAnswerSchema>

/** What went over the connections of one transport since the last reset, as its server's sockets count it. Bytes. */
export const readingSchema = v.object({
  requests: v.number(),
  /** How many of these were answered 304, without a body. */
  notModified: v.number(),
  /** Connections that are open now. */
  connections: v.number(),
  /** From the clients, headers and all. */
  bytesIn: v.number(),
  /** To the clients, headers and all. */
  bytesOut: v.number(),
})
export type Reading = v.InferOutput<typeof readingSchema>

/** What the clients of the crowd have seen of one transport since the last reset. */
export const crowdCountSchema = v.object({
  open: v.number(),
  received: v.number(),
  missed: v.number(),
  repeated: v.number(),
})
export type CrowdCount = v.InferOutput<typeof crowdCountSchema>

/** Everything about the lab that all pages share; told twice a second. Times are the server's, in ms since the epoch. */
export const labStateSchema = v.object({
  /** Another one after every reset and every start: counts of different runs have nothing to do with each other. */
  run: v.string(),
  running: v.boolean(),
  settings: settingsSchema,
  /** Events published since the last reset. */
  published: v.number(),
  /** Deliveries these called for on each transport: an event counts once for every client there was. */
  due: v.number(),
  /** The last time the line was cut; `until` lies ahead while it still is. */
  cut: v.nullable(v.object({ from: v.number(), until: v.number() })),
  readings: v.object(perTransport(() => readingSchema)),
  crowd: v.object(perTransport(() => crowdCountSchema)),
})
export type LabState = v.InferOutput<typeof labStateSchema>

/** The answer of `GET /api/lab`. */
export const labSchema = v.object({
  /** The port at which each transport is reached, on the host of the page. */
  ports: v.object(perTransport(() => v.number())),
  state: labStateSchema,
})
export type Lab = v.InferOutput<typeof labSchema>

/** Where each transport is on its port. */
export const transportPath: PerTransport<string> = {
  short: '/poll',
  etag: '/list',
  long: '/wait',
  websocket: '/socket',
  sse: '/events',
}

/** The event that brings a {@link LabEvent} over SSE. */
export interface TransportEvents {
  tick: LabEvent
}

/** What the stream of the page itself brings. */
export interface ControlEvents {
  state: LabState
}
