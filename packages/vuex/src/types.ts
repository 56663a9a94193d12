import type { EventData, EventName, Listener, SseClientOptions } from '@sse/client'
import type { SseMappings } from './store/mapping.ts'
import type { RegisteredEvents } from './store/register.ts'
import type { SseResync } from './stream/resync.ts'
import type { SseModuleState } from './stream/state.ts'

/** The client's options, and those that connect it to a store. */
export interface SseOptions<Events extends object> extends SseClientOptions<Events> {
  /** The URL of the stream. */
  readonly url: string | URL
  /** What each event causes. Only names listed here reach the store. */
  readonly events?: SseMappings<Events> | undefined
  /**
   * Loads what the app shows whenever that may be incomplete: at the first opening of the store, unless the app gave the position and the
   * stream resumed there; at every other opening that does not resume; at a gap. A load that fails is tried again with backoff. `false`:
   * nothing has to be loaded. Left out: development logs one warning when it would have been needed.
   */
  readonly resync?: SseResync | false | undefined
  /** The name of the module. With a `$` in front, the name of the property of components. Default: `sse`. */
  readonly namespace?: string | undefined
  /**
   * Deliver events per frame, in order. A visible page gets at most 2,000 events and 10 ms of work in each frame. A hidden page gets all of
   * them by a timer. If more than 20,000 events are queued, the oldest are delivered immediately. `false`: every event is delivered
   * immediately. Default: true.
   */
  readonly batch?: boolean | undefined
  /**
   * Freeze data before it is delivered, so that Vue does not make it reactive. A mutation that changes a delivered object, such as
   * `items[0].read = true`, then throws. Default: false.
   */
  readonly freeze?: boolean | undefined
  /** How many of the newest events the state keeps as `history`. Default: 0. */
  readonly keep?: number | undefined
}

/** The position to resume from. */
export interface ConnectPayload {
  /** The position of a loaded snapshot. Default: the client's own cursor. */
  readonly lastEventId?: string | undefined
}

/** A stream in a component: its current state and its methods. Do not destructure the state. */
export interface Sse<Events extends object = RegisteredEvents> extends SseModuleState {
  connect(payload?: ConnectPayload): Promise<unknown>
  disconnect(): Promise<unknown>
  reconnect(): Promise<unknown>
  subscribe(channels: string | readonly string[]): Promise<unknown>
  unsubscribe(channels: string | readonly string[]): Promise<unknown>
  /**
   * Calls a handler for every event of a name, after the store has received it.
   *
   * @returns removes the handler
   */
  on<Name extends EventName<Events>>(event: Name, handler: Listener<EventData<Events, Name>>): () => void
}
