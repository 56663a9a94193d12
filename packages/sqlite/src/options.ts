import { SseError } from '@sse/core'
import { checkFunction, checkNames, checkObject, show } from '@sse/core/internal'

/** How far a commit has come when a publish resolves: on the disk, in the file, in the hands of the operating system. */
export type Synchronous = 'full' | 'normal' | 'off'

export interface SqliteBrokerOptions {
  /**
   * What a power failure may take; a process that is killed loses nothing with any of them. `full`: nothing, each commit waits for the
   * disk. `normal`: the newest commits. `off`: it may damage the file. Default `normal` for a path; a database that is given stays
   * as it was set.
   */
  readonly synchronous?: Synchronous | undefined
  /** How much of the log is kept: the oldest entries are let go as soon as one of these is exceeded. */
  readonly keep?:
    | {
        /** Entries. Default 100,000. */
        readonly entries?: number | undefined
        /** Bytes of their texts. Default 256 MiB. */
        readonly bytes?: number | undefined
        /** Milliseconds since they were published. Default 7 days. */
        readonly age?: number | undefined
      }
    | undefined
  /** How much of the log's end is read when it starts, for the hub's window. Default 10,000 entries or 16 MiB, as the window holds. */
  readonly tail?: { readonly entries?: number | undefined; readonly bytes?: number | undefined } | undefined
  /**
   * Milliseconds that `start` waits for the process before to close the log, before it rejects with `log-locked`. The hub tells `down` and
   * the error then, and starts the broker again until the other process has let go. Default 2,000.
   */
  readonly lockTimeout?: number | undefined
  /**
   * Milliseconds that publishes wait while another connection writes to the file, or the app has a transaction open. They never wait in the
   * event loop, whatever the app has set as its own busy timeout. Default 5,000.
   */
  readonly busyTimeout?: number | undefined
  /** The clock, in milliseconds since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

/** The options with their defaults. */
export interface Settings {
  readonly synchronous: Synchronous | undefined
  readonly keep: { readonly entries: number; readonly bytes: number; readonly age: number }
  readonly tail: { readonly entries: number; readonly bytes: number }
  readonly lockTimeout: number
  readonly busyTimeout: number
  readonly now: () => number
}

const day = 86_400_000
const names = ['synchronous', 'keep', 'tail', 'lockTimeout', 'busyTimeout', 'now']
const levels: readonly unknown[] = ['full', 'normal', 'off', undefined]

/** @throws {SseError} `invalid-option` */
export function settingsOf(options: SqliteBrokerOptions): Settings {
  checkObject('options', options)
  checkNames('', options, names)
  const { synchronous, keep = {}, tail = {}, now = Date.now } = options
  checkObject('keep', keep)
  checkNames('keep.', keep, ['entries', 'bytes', 'age'])
  checkObject('tail', tail)
  checkNames('tail.', tail, ['entries', 'bytes'])
  if (!levels.includes(synchronous)) refuse('synchronous', "'full', 'normal' or 'off'", synchronous)
  checkFunction('now', now)
  return {
    synchronous,
    keep: {
      entries: amount('keep.entries', keep.entries, 100_000),
      bytes: amount('keep.bytes', keep.bytes, 268_435_456),
      age: amount('keep.age', keep.age, 7 * day),
    },
    tail: {
      entries: amount('tail.entries', tail.entries, 10_000, 0),
      bytes: amount('tail.bytes', tail.bytes, 16_777_216, 0),
    },
    lockTimeout: amount('lockTimeout', options.lockTimeout, 2_000, 0),
    busyTimeout: amount('busyTimeout', options.busyTimeout, 5_000, 0),
    now: () => Math.floor(now()),
  }
}

/** `Infinity` is an amount too: no limit. */
function amount(name: string, value: unknown, fallback: number, least = 1): number {
  if (value === undefined) return fallback
  if (typeof value === 'number' && value >= least) return value
  return refuse(name, `a number, ${least} or more`, value)
}

function refuse(name: string, words: string, value: unknown): never {
  throw new SseError('invalid-option', `${name} must be ${words}, not ${show(value)}.`, { value })
}
