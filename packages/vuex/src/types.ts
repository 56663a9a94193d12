import type { EventData, EventName, Listener, SseClientOptions } from '@sse/client'
import type { SseMappings } from './store/mapping.ts'
import type { SseModuleState } from './stream/state.ts'
import type { RegisteredEvents } from './store/register.ts'
import type { SseResync } from './stream/resync.ts'

/** The client's options, and what ties it to a store. */
export interface SseOptions<Events extends object> extends SseClientOptions<Events> {
  /** Where the stream is. */
  readonly url: string | URL
  /** What becomes of which event. Only names listed here reach the store. */
  readonly events?: SseMappings<Events> | undefined
  /**
   * Loads what the app shows, whenever that may be incomplete: at the first opening of the store, unless the app gave the position and the
   * stream resumed there; at every other opening that does not resume; at a gap. One that fails is tried again with backoff. `false`: nothing
   * has to be loaded. Left out, development is warned once when it would have been needed.
   */
  readonly resync?: SseResync | false | undefined
  /** The name of the module, and with a `$` before it of the property of components. Default: `sse`. */
  readonly namespace?: string | undefined
  /**
   * Deliver events per frame, in order: at most 2,000 and 10 ms of work in each while the page is shown, and all by a timer while it is
   * hidden. Of more than 20,000 waiting the oldest are delivered at once. `false`: every event at once. Default: true.
   */
  readonly batch?: boolean | undefined
  /**
   * Freeze data before it is delivered, so that Vue does not look into it. Then a mutation that changes a delivered object, as in
   * `items[0].read = true`, throws. Default: false.
   */
  readonly freeze?: boolean | undefined
  /** How many of the newest events that the app got to keep in the state, as `history`. Default: 0. */
  readonly keep?: number | undefined
}

/** Where to go on from. */
export interface ConnectPayload {
  /** The position that a loaded snapshot came with. Default: where this client was. */
  readonly lastEventId?: string | undefined
}

/** A stream in a component: its state, always current, and what can be done. Do not destructure the state. */
export interface Sse<Events extends object = RegisteredEvents> extends SseModuleState {
  connect(payload?: ConnectPayload): Promise<unknown>
  disconnect(): Promise<unknown>
  reconnect(): Promise<unknown>
  subscribe(channels: string | readonly string[]): Promise<unknown>
  unsubscribe(channels: string | readonly string[]): Promise<unknown>
  /**
   * Calls a handler for every event of a name, after the store has got it.
   *
   * @returns takes the handler off again
   */
  on<Name extends EventName<Events>>(event: Name, handler: Listener<EventData<Events, Name>>): () => void
}
