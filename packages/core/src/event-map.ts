/**
 * Maps the names of events to their data: `interface Events { notification: { title: string }; tick: number }`. An interface without an index
 * signature is an event map too.
 */
export type EventMap = object

/** The default event map: any name, any data. */
export type AnyEvents = Record<string, unknown>

/** The event names of a map. */
export type EventName<E extends EventMap> = keyof E & string

/** The data of an event of a map. */
export type Payload<E extends EventMap, N extends string> = N extends keyof E ? E[N] : unknown

/** The data of an event without a name: `message` of the map. If the map has no `message`, every event needs a name. */
export type MessagePayload<E extends EventMap> = 'message' extends keyof E
  ? E['message']
  : string extends keyof E
    ? unknown
    : never

/** The names that an optional `event` may have: only `message`, or any string if the map allows any name. */
export type MessageName<E extends EventMap> = string extends keyof E ? string : 'message'

/**
 * Declares the events of a program once: `declare module '@sse/express' { interface Register { events: Events } }` types `res.sse`
 * everywhere.
 */
// biome-ignore lint/suspicious/noEmptyInterface: users fill it in
export interface Register {}

/** The events that a program declared in `Register`. */
export type RegisteredEvents = Register extends { events: infer E extends EventMap } ? E : AnyEvents
