/**
 * Names of events and what they carry: `interface Events { notification: { title: string }; tick: number }`. An interface without
 * an index signature is one too.
 */
export type EventMap = object

/** The event map of who states none: any name, any data. */
export type AnyEvents = Record<string, unknown>

/** The names of a map. */
export type EventName<E extends EventMap> = keyof E & string

/** What an event of a map carries. */
export type Payload<E extends EventMap, N extends string> = N extends keyof E ? E[N] : unknown

/** What an event without a name carries: `message` of the map. A map that does not have it has no events without a name. */
export type MessagePayload<E extends EventMap> = 'message' extends keyof E
  ? E['message']
  : string extends keyof E
    ? unknown
    : never

/** The names that options may have whose event may be left out: only `message`, unless any name is one of the map's. */
export type MessageName<E extends EventMap> = string extends keyof E ? string : 'message'

/**
 * Where a program states its events once for all: `declare module '@sse/express' { interface Register { events: Events } }` types
 * `res.sse` everywhere.
 */
// biome-ignore lint/suspicious/noEmptyInterface: users fill it in
export interface Register {}

/** The events that a program registered. */
export type RegisteredEvents = Register extends { events: infer E extends EventMap } ? E : AnyEvents
