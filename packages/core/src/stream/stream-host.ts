import type { Delivery } from '../delivery/delivery.ts'
import type { Refusal } from '../response/refusal.ts'
import type { Frame } from '../wire/frame.ts'
import type { Heartbeat } from './heartbeat.ts'
import type { Revocations } from './revocations.ts'
import type { StreamEvent } from './sse-stream.ts'
import type { StreamRegistry } from './stream-registry.ts'

/** The members of channels, as far as streams need them. */
export interface StreamPresence {
  /** Called when a stream opens, changes its channels, or ends. */
  sync(
    stream: {
      readonly key: string | undefined
      readonly channels: ReadonlySet<string>
      presenceOn(channel: string): unknown
    },
    state: { readonly open: boolean; readonly polled?: boolean },
  ): void
  /** The member lists of the channels that have presence. */
  framesOf(channels: Iterable<string>): readonly Frame[]
}

/** The parts that all streams share: a hub, or defaults for streams without a hub. */
export interface StreamHost {
  readonly heartbeat: Heartbeat
  readonly streams: Pick<StreamRegistry, 'addOpening' | 'add' | 'remove'>
  readonly revocations: Revocations
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number
  /** A number from 0 to 1. */
  readonly random: () => number
  /** Waits as `Hub.ready` does. `undefined` for streams without a hub. */
  readonly whenReady: (() => Promise<void>) | undefined
  /** `undefined` until the broker has started. */
  readonly delivery: Delivery | undefined
  /** `undefined` for streams without a hub. */
  readonly membership: StreamPresence | undefined
  /** A unique id that cannot be guessed. */
  newStreamId(): string
  /** The refusal if no stream can be opened now. */
  refusal(): Refusal | undefined
  /** Passes an event of a stream to the app. */
  observe(event: StreamEvent): void
  /** Reports an error of a callback of the app, a broker or a transport. */
  report(error: unknown): void
}
