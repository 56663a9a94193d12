import type { Registered } from '@sse/vue/internal'

/** Mutations that take a payload. Any name if none are registered. */
export type MutationFor<Payload> = NameFor<Payload, Registered<'mutations', undefined>>

/** Actions that take a payload. Any name if none are registered. */
export type ActionFor<Payload> = NameFor<Payload, Registered<'actions', undefined>>

type NameFor<Payload, Payloads> = [Payloads] extends [undefined]
  ? string
  : { [Name in keyof Payloads]: [Payload] extends [Payloads[Name]] ? Name : never }[keyof Payloads] & string
