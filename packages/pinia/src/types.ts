import type { SsePresence, SseResyncCause, SseStoreRecords } from '@sse/vue'
import type { Registered } from '@sse/vue/internal'
import type { StateTree } from 'pinia'

/** The actions of a store that take a payload. */
export type ActionFor<Store, Payload> = ActionsOf<NoInfer<Store>, Payload>

/**
 * TypeScript infers the actions of an option store while it checks what stands beside them. So nothing here may narrow the keys of the store
 * before, or look at what an action returns, because that depends on `this`.
 */
type ActionsOf<Store, Payload> = {
  [Name in keyof Store]: Name extends `$${string}` | `_${string}`
    ? never
    : Store[Name] extends (payload: Payload) => void
      ? Name
      : never
}[keyof Store]

/**
 * What an event causes: a string calls that action with the data. With `batch: true` the action gets all events of a frame as one array of
 * data. So a burst of thousands of events costs a few actions.
 */
export type SseMapping<Store, Data> =
  | ActionFor<Store, Data>
  | { readonly action: ActionFor<Store, Data>; readonly batch?: false | undefined }
  | { readonly action: ActionFor<Store, Data[]>; readonly batch: true }

/** The list of everything that a server can cause in a store. Event names that are not its own properties reach nothing. */
export type SseEvents<Store, Events> = {
  readonly [Name in keyof Events & string]?: SseMapping<Store, Events[Name]> | undefined
}

/** The action of each channel. */
export type SseChannels<Store, Data> = Readonly<
  Record<string, ActionFor<Store, Data> | { readonly action: ActionFor<Store, Data> } | undefined>
>

/** What a store takes from a stream. */
export type SseStoreOptions<Store> =
  | OptionsOf<Store, Registered<'events', AnyEvents>, { readonly stream?: 'sse' | undefined }>
  | OptionsOfStreams<Store, Registered<'streams', Readonly<Record<string, AnyEvents>>>>

/** Of events that are not registered, no data is known. An action may take whatever it likes. */
type AnyEvents = Readonly<Record<string, never>>

type OptionsOfStreams<Store, Streams> = {
  [Name in keyof Streams & string]: OptionsOf<Store, Streams[Name], { readonly stream: Name }>
}[keyof Streams & string]

type OptionsOf<Store, Events, Stream> = Stream & {
  /** The action of each event. */
  readonly events?: SseEvents<Store, Events> | undefined
  /**
   * The action for the records of a channel, by the name of the channel: called whenever they have changed, at most once per frame, with all of
   * them. They need no `resync`. The stream has to be on the channel: the server, or `channels`, says so.
   */
  readonly records?: SseChannels<Store, SseStoreRecords<never>> | undefined
  /** The action for the members of a channel, likewise. */
  readonly presence?: SseChannels<Store, SsePresence<never>> | undefined
  /**
   * The action that loads what the store shows, whenever that may be incomplete: at the first opening of the store, unless the app gave the
   * position and the stream resumed there; at every other opening that does not resume; at a gap; after `$reset()`. It may return the position
   * of what it has loaded, a `hub.position` read before it: the store then receives exactly what comes after that. The events of this store
   * wait meanwhile: at most 10,000 of them, 16 MiB and 30 s. A load that fails is tried again with backoff. `false` or left out: nothing has
   * to be loaded.
   */
  readonly resync?: ActionFor<Store, SseResyncCause> | false | undefined
}

declare module 'pinia' {
  export interface DefineStoreOptionsBase<S extends StateTree, Store> {
    /** What the store takes from a stream, after `pinia.use(sse)`. */
    readonly sse?: SseStoreOptions<Store> | undefined
  }
}
