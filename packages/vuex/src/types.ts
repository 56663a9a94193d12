import type { EventData, EventName, Listener } from '@sse/client'
import type { SseMappings } from './store/mapping.ts'
import type { RegisteredEvents } from './store/register.ts'
import type { ConnectPayload, StreamOptions } from './stream/session.ts'
import type { SseModuleState } from './stream/state.ts'

/** The options of a stream, and the mapping that connects it to a store. */
export interface SseOptions<Events extends object> extends StreamOptions<Events> {
  /** What each event causes. Only names listed here reach the store. */
  readonly events?: SseMappings<Events> | undefined
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
