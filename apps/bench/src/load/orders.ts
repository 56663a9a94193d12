import type { HandshakeOptions, Protocol } from './protocol.ts'
import type { Faults } from './tally.ts'

/** Streams to open. */
export interface Opening extends HandshakeOptions {
  readonly port: number
  readonly protocol: Protocol
  readonly count: number
  /** Events that every stream gets by itself, and the number of the first: it is waited for them too. */
  readonly replayed?: { readonly first: number; readonly events: number; readonly bytes: number }
}

/** Turns to ask for. */
export interface Turns {
  readonly turns: number
  readonly events: number
  readonly bytes: number
  /** The number of the first event. */
  readonly first: number
  /** Milliseconds without any event after which what is missing counts as dropped. Default 10,000. */
  readonly patience?: number
}

/** What became of an order. */
export interface Ran {
  /** From the first turn asked for to the last event received. */
  readonly milliseconds: number
  /** Processor time of the load itself, in microseconds. */
  readonly cpu: number
  readonly faults: Faults
}

/** Of all events on all streams, in microseconds from asking for the turn to reading the event; zeros when there was none. */
export interface Delays {
  readonly p50: number
  readonly p99: number
  readonly max: number
}
