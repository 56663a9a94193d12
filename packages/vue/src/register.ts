/**
 * Registers the app's types for `createSse`, `useSse`, `useSseEvent` and `useSseList`. Every part may be left out:
 *
 * ```ts
 * declare module '@sse/vue' {
 *   interface Register {
 *     events: Events // of the stream `sse`
 *     streams: { prices: PriceEvents } // of streams with another `namespace`
 *   }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled in by the app
export interface Register {}

/** The registered events of a stream. Any events if none are registered. */
export type RegisteredEvents<Namespace = 'sse'> = Namespace extends 'sse'
  ? Registered<'events', Record<string, unknown>>
  : Namespace extends keyof Registered<'streams', object>
    ? Registered<'streams', object>[Namespace] & object
    : Record<string, unknown>

/** A part of what is registered. */
export type Registered<Part extends string, Else> = Register extends {
  readonly [K in Part]: infer Given extends object
}
  ? Given
  : Else
