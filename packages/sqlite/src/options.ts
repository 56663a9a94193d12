import {
  checkAmount,
  checkFunction,
  checkNames,
  checkObject,
  type RecordLimits,
  type RecordOptions,
  recordLimitsOf,
  refuseOption,
  type TailOptions,
  tailOf,
} from '@sse/core/internal'

/** Where a commit is when a publish resolves: on the disk, in the file, or with the operating system. */
export type Synchronous = 'full' | 'normal' | 'off'

export interface SqliteBrokerOptions extends RecordOptions, TailOptions {
  /**
   * What a power failure may take; a process that is killed loses nothing with any value. `full`: nothing, because each commit waits for
   * the disk. `normal`: the newest commits. `off`: the file may be damaged. Default `normal` for a path; a database that you pass keeps
   * its setting.
   */
  readonly synchronous?: Synchronous | undefined
  /** How much the log keeps. It removes the oldest entries as soon as one of these limits is exceeded. */
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
  /**
   * Milliseconds that `start` waits for another process to close the log, before it rejects with `log-locked`. The hub then reports `down`
   * and the error, and starts the broker again until the other process has closed the log. Default 2,000.
   */
  readonly lockTimeout?: number | undefined
  /**
   * Milliseconds that publishes wait while another connection writes to the file, or the app has a transaction open. They never block the
   * event loop, whatever busy timeout the app has set. Default 5,000.
   */
  readonly busyTimeout?: number | undefined
  /** The clock, in milliseconds since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

/** The options with their defaults. */
export interface Settings {
  readonly synchronous: Synchronous | undefined
  readonly keep: { readonly entries: number; readonly bytes: number; readonly age: number }
  readonly records: RecordLimits
  readonly tail: { readonly entries: number; readonly bytes: number }
  readonly lockTimeout: number
  readonly busyTimeout: number
  readonly now: () => number
}

const names = ['synchronous', 'keep', 'records', 'tail', 'lockTimeout', 'busyTimeout', 'now']
const levels: readonly unknown[] = ['full', 'normal', 'off', undefined]

/** @throws {SseError} `invalid-option` */
export function settingsOf(options: SqliteBrokerOptions): Settings {
  checkObject('options', options)
  checkNames('', options, names)
  const { synchronous, lockTimeout = 2_000, busyTimeout = 5_000, now = Date.now } = options
  const tail = tailOf(options)
  if (!levels.includes(synchronous)) refuseOption('synchronous', "'full', 'normal' or 'off'", synchronous)
  checkAmount('lockTimeout', lockTimeout)
  checkAmount('busyTimeout', busyTimeout)
  checkFunction('now', now)
  const keep = keepOf(options.keep)
  const records = recordLimitsOf(options)
  return { synchronous, keep, records, tail, lockTimeout, busyTimeout, now: () => Math.floor(now()) }
}

function keepOf(keep: SqliteBrokerOptions['keep'] = {}): Settings['keep'] {
  checkObject('keep', keep)
  checkNames('keep.', keep, ['entries', 'bytes', 'age'])
  const { entries = 100_000, bytes = 268_435_456, age = 604_800_000 } = keep
  checkAmount('keep.entries', entries, 1)
  checkAmount('keep.bytes', bytes, 1)
  checkAmount('keep.age', age, 1)
  return { entries, bytes, age }
}
