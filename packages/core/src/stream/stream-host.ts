import type { Delivery } from '../delivery/delivery.ts'
import type { Refusal } from '../response/refusal.ts'
import type { Frame } from '../wire/frame.ts'
import type { Heartbeat } from './heartbeat.ts'
import type { Revocations } from './revocations.ts'
import type { StreamEvent } from './sse-stream.ts'
import type { StreamRegistry } from './stream-registry.ts'

/** Who is on which channel, as far as a stream has to do with it. */
export interface StreamPresence {
  /** The stream has opened, is on other channels, or has ended. */
  sync(
    stream: {
      readonly key: string | undefined
      readonly channels: ReadonlySet<string>
      presenceOn(channel: string): unknown
    },
    state: { readonly open: boolean; readonly polled?: boolean },
  ): void
  /** The lists of those of the channels that have presence. */
  framesOf(channels: Iterable<string>): readonly Frame[]
}

/** What the streams of a process share: a hub, or the defaults of streams without one. */
export interface StreamHost {
  readonly heartbeat: Heartbeat
  readonly streams: Pick<StreamRegistry, 'addOpening' | 'add' | 'remove'>
  readonly revocations: Revocations
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number
  /** A number from 0 to 1. */
  readonly random: () => number
  /** Settles when the log can be read, or could not be for too long. `undefined` for streams without a hub. */
  readonly ready: Promise<void> | undefined
  /** `undefined` until the broker has started. */
  readonly delivery: Delivery | undefined
  /** `undefined` for streams without a hub. */
  readonly membership: StreamPresence | undefined
  /** A unique name that nobody can guess. */
  newStreamId(): string
  /** Why no stream can be opened now. */
  refusal(): Refusal | undefined
  /** Tells the app what has happened to a stream. */
  observe(event: StreamEvent): void
  /** Reports what a callback of the app, a broker or a transport has thrown. */
  report(error: unknown): void
}
