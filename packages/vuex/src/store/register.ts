/**
 * Registers the app's types for `createSse`, `this.$sse`, `useSse` and `useSseEvent`. Every part may be left out:
 *
 * ```ts
 * declare module '@sse/vuex' {
 *   interface Register {
 *     events: Events // of the stream `sse`
 *     streams: { prices: PriceEvents } // of streams with another `namespace`
 *     mutations: { 'notifications/add': Notification } // payloads by name: a mapping then accepts no other mutation, and no other data
 *     actions: { 'notifications/show': Notification } // likewise
 *   }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled in by the app
export interface Register {}

/** The registered events of a stream. Any events if none are registered. */
export type RegisteredEvents<Namespace = 'sse'> = Namespace extends 'sse'
  ? Part<'events', Record<string, unknown>>
  : Namespace extends keyof Part<'streams', object>
    ? Part<'streams', object>[Namespace] & object
    : Record<string, unknown>

/** Mutations that take a payload. Any name if none are registered. */
export type MutationFor<Payload> = NameFor<Payload, Part<'mutations', undefined>>

/** Actions that take a payload. Any name if none are registered. */
export type ActionFor<Payload> = NameFor<Payload, Part<'actions', undefined>>

type Part<Name extends string, Else> = Register extends {
  readonly [K in Name]: infer Registered extends object
}
  ? Registered
  : Else

type NameFor<Payload, Payloads> = [Payloads] extends [undefined]
  ? string
  : { [Name in keyof Payloads]: [Payload] extends [Payloads[Name]] ? Name : never }[keyof Payloads] & string
