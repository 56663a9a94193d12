import type {
  ConnectPayload,
  EventData,
  EventName,
  Listener,
  RegisteredEvents,
  SharedOptions,
  SseResyncCause as SseLoadCause,
  SsePresence,
  SseStoreRecords,
  SseStreamState,
  StreamOptions,
} from '@sse/vue'
import type { SseChannelMappings, SseMappings } from './store/mapping.ts'

/** The state of a stream. Plain data, so it survives serialising, devtools and time travel. Times are milliseconds since the epoch. */
export type SseModuleState = SseStreamState

/** Why everything has to be loaded again. Plain data. */
export type SseResyncCause = Pick<SseLoadCause, 'reason'>

/**
 * `{ dispatch }` is an action; a function is called. The store is stale until its promise is fulfilled. It may return the position of what it has
 * loaded, a `hub.position` read before it: the store then receives exactly what comes after that.
 */
export type SseResync = { readonly dispatch: string } | ((cause: SseResyncCause) => unknown)

interface StoreOptions<Events extends object> {
  /** What each event causes. Only names listed here reach the store. */
  readonly events?: SseMappings<Events> | undefined
  /**
   * What the records of a channel cause, by the name of the channel: whenever they have changed, at most once per frame, with all of them. They need
   * no `resync`. The stream has to be on the channel: the server, or `channels`, says so.
   */
  readonly records?: SseChannelMappings<SseStoreRecords<never>> | undefined
  /** What the members of a channel cause, likewise. */
  readonly presence?: SseChannelMappings<SsePresence<never>> | undefined
  /**
   * Loads what the app shows whenever that may be incomplete: at the first opening of the store, unless the app gave the position and the
   * stream resumed there; at every other opening that does not resume; at a gap. The events of the store wait meanwhile: at most 10,000 of
   * them, 16 MiB and 30 s. A load that fails is tried again with backoff. `false`: nothing has to be loaded. Left out: development logs one
   * warning when it would have been needed.
   */
  readonly resync?: SseResync | false | undefined
}

/** The options of a stream, and the mapping that connects it to a store. */
export interface SseOptions<Events extends object> extends StreamOptions<Events>, StoreOptions<Events> {
  readonly use?: undefined
}

/** The options of a stream that shares the connection of another one. */
export interface SharedSseOptions<Events extends object> extends SharedOptions, StoreOptions<Events> {}

/** A stream in a component: its current state and its methods. Do not destructure the state. */
export interface Sse<Events extends object = RegisteredEvents> extends SseModuleState {
  connect(payload?: ConnectPayload): Promise<unknown>
  disconnect(): Promise<unknown>
  reconnect(): Promise<unknown>
  subscribe(channels: string | readonly string[]): Promise<unknown>
  unsubscribe(channels: string | readonly string[]): Promise<unknown>
  /**
   * Resolves when everything up to this id has reached the store, or a `resync` has passed it.
   *
   * @throws (rejected) SseError as `reached` of the client; `closed` on the server
   */
  reached(id: string): Promise<void>
  /**
   * Calls a handler for every event of a name, after the store has received it.
   *
   * @returns removes the handler
   */
  on<Name extends EventName<Events>>(event: Name, handler: Listener<EventData<Events, Name>>): () => void
}
