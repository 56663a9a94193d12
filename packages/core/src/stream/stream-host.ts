import type { Feed } from '../delivery/delivery.ts'
import type { GapReason } from '../log/broker.ts'
import type { Refusal } from '../response/refusal.ts'
import type { Heartbeat } from './heartbeat.ts'
import type { Revocation } from './revocations.ts'
import type { ChannelsChange, SseStream, StreamEnd } from './sse-stream.ts'

/** A stream as its host sees it. */
export interface HostedStream extends SseStream {
  /** Ends it for a reason; where the client is told when to come back it is told the reason too. */
  closeFor(reason: StreamEnd, reconnect?: false | number, options?: { lastOfConnection?: boolean }): void
  /** A client's wish for other channels arrives. @returns its turn: decided later, it overrules no later wish */
  wish(): number
  /** Changes its channels and confirms that to the client. @throws {SseError} `too-many-channels` */
  change(change: ChannelsChange): void
}

/** What the streams of a process share, as one of them sees it. */
export interface StreamHost {
  readonly heartbeat: Heartbeat
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number
  /** A number from 0 to 1. */
  readonly random: () => number
  /** A name that no other stream has, and nobody can guess. */
  newStreamId(): string
  /** Why no stream can be opened now. */
  refusal(): Refusal | undefined
  /** This moment, for a request that arrives now. */
  arrival(): number
  /** What became of the stream's key since its request arrived; `undefined` when it was not disconnected. */
  revocation(key: string, arrival: number): Revocation | undefined
  /** Reports what a user's callback, a broker or a transport threw. */
  report(error: unknown): void
  /** It begins to open: from now on it can be disconnected. */
  expected(stream: HostedStream): void
  joined(stream: HostedStream): void
  /** It ended before it was open. */
  dropped(stream: HostedStream): void
  left(stream: HostedStream, reason: StreamEnd): void
  refused(stream: HostedStream, refusal: Refusal): void
  missed(stream: HostedStream, gap: { readonly reason: GapReason; readonly requested: string }): void
  /** The log and who reads it; `undefined` for streams without a hub. */
  readonly feed: Feed | undefined
}
