import type { createChannels } from './channels/channels.ts'
import type { Clock } from './clock.ts'
import type { RawEvent } from './connection/connection.ts'
import type { Cursor, CursorOrigin } from './cursor/cursor.ts'
import type { SseChannels } from './events/control-events.ts'
import type { Emitter } from './events/emitter.ts'
import type { Features } from './features/features.ts'
import type { createAddress } from './http/url.ts'
import type { Settings } from './options.ts'
import type { ReceivedEvent, Resync } from './resync/resync.ts'
import type { SharedConnection } from './share/shared-connection.ts'
import type { SseState } from './supervisor/state.ts'
import type { Supervisor } from './supervisor/supervisor.ts'
import type { SseClient, SseClientOptions } from './types.ts'

/** The resync of everything that the listeners of a client receive. */
export interface ClientResync extends Pick<Resync, 'position' | 'cancel'> {
  readonly stale: boolean
  receive(event: Omit<ReceivedEvent, 'hasOwnId'>): void
}

/** What the parts of a client that are loaded later see of it. */
export interface ClientInternals {
  readonly address: ReturnType<typeof createAddress>
  readonly options: SseClientOptions
  readonly settings: Settings
  readonly clock: Clock
  readonly cursor: Cursor
  readonly events: Emitter
  /** Makes another client. */
  create(url: URL, options?: SseClientOptions): SseClient
  readonly channels: ReturnType<typeof createChannels>
  /** What keeps up the connection: that of all tabs or, in this life, of this one. */
  active(): SharedConnection | Supervisor
  receive(event: RawEvent): void
  /** An event that the client makes itself, as if the server had sent it. */
  tell(event: string, data: object): void
  changed(state: SseState): void
  /** The channels of the stream, as the server last confirmed them. */
  settled: SseChannels
  /** Where the cursor of the newest stream's request came from. */
  resumedFrom: CursorOrigin
  /** The name of the newest stream. */
  stream?: string
  resync?: ClientResync
  features?: Features
  /** Replaces the supervisor once it is loaded. */
  shared?: SharedConnection
  /** See `watchCursor`. */
  watchers?: Set<(position: string) => void>
}
