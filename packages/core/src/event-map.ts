/**
 * Names of events and what they carry: `interface Events { notification: { title: string }; tick: number }`. An interface without
 * an index signature is one too.
 */
export type EventMap = object

/** The event map of who states none: any name, any data. */
export type AnyEvents = Record<string, unknown>

/** The names of a map, and `message`, the name of an event without one. */
export type EventName<E extends EventMap> = (keyof E & string) | 'message'

/** What an event of a map carries; a `message` that the map does not mention carries anything. */
export type Payload<E extends EventMap, N extends string> = N extends keyof E ? E[N] : unknown

/**
 * Where a program states its events once for all: `declare module '@sse/express' { interface Register { events: Events } }` types
 * `res.sse` everywhere.
 */
// biome-ignore lint/suspicious/noEmptyInterface: users fill it in
export interface Register {}

/** The events that a program registered. */
export type RegisteredEvents = Register extends { events: infer E extends EventMap } ? E : AnyEvents
