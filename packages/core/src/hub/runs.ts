import { checkFunction, checkNames, checkNumber, checkObject } from '../check.ts'
import { SseError, show } from '../errors.ts'
import type { Entry } from '../log/broker.ts'
import { comparePositions } from '../log/compare-positions.ts'
import { type Source, sendAll } from '../stream/source.ts'
import { randomName } from '../stream/stream-id.ts'
import { serialize } from '../wire/data.ts'
import type { Leases } from './leases.ts'
import { type Command, parseCommand, type Signal } from './signals.ts'
import type { Run, RunOptions, RunOutcome } from './types.ts'

/** The default of `every`: items of so many milliseconds are published in one entry. */
const defaultInterval = 50
/** Milliseconds after which another process is asked again to abort its run. */
const patience = 500

/** Milliseconds after which the end of a run is published again. */
const finishRetry = 1_000

type RunCommand = Extract<Command, { type: 'run' | 'ran' }>

export interface RunsOptions {
  /** This hub's own name. */
  readonly hub: string
  readonly leases: Leases
  readonly maxEventBytes: number
  readonly send: (signal: Signal) => void
  /** Appends a command to the log, and keeps it as a record until the run has ended. @returns the id of its entry */
  readonly publishCommand: (command: RunCommand) => Promise<string>
  readonly publish: (channel: string, data: unknown, event: string | undefined) => Promise<unknown>
  /** Ends the channel once, even if several hubs do it. */
  readonly end: (channel: string, outcome: RunOutcome, run: string) => Promise<unknown>
  readonly report: (error: unknown) => void
}

/** A run of any process that has not ended. */
interface Active {
  readonly run: string
  readonly hub: string
  readonly ended: PromiseWithResolvers<void>
}

/**
 * Runs publish the items of a source to a channel, and outlive their readers. The order of the log decides which run has a channel, because
 * every hub reads the same commands. If the process of a run died, another process ends it.
 */
export class Runs {
  readonly #options: RunsOptions
  readonly #active = new Map<string, Active>()
  /** Aborts the runs of this process, by run. */
  readonly #own = new Map<string, AbortController>()
  /** The runs of this process that have begun. */
  readonly #running = new Set<Promise<RunOutcome>>()
  /** Commands that arrived before the unfinished runs were read. `undefined` once they were read. */
  #early: Entry[] | undefined = []
  /** Runs of this process whose command the log has not delivered yet. */
  readonly #claims = new Map<string, (won: boolean) => void>()
  #closed = false

  constructor(options: RunsOptions) {
    this.#options = options
  }

  /** Called when commands may have been missed. Until `onStart`, commands are collected. */
  reset(): void {
    this.#early ??= []
  }

  /** Called with the commands of the runs that had not ended at a position of the log. */
  onStart(position: string, unfinished: readonly Entry[]): void {
    const early = this.#early ?? []
    this.#early = undefined
    const known = unfinished.map(({ data }) => parseCommand(data))
    for (const [channel, { run }] of this.#active) {
      if (!known.some((command) => command?.type === 'run' && command.run === run))
        this.#onRan({ type: 'ran', channel, run })
    }
    for (const entry of unfinished) this.onCommand(entry)
    for (const entry of early) if (comparePositions(entry.id, position) !== -1) this.onCommand(entry)
  }

  onCommand(entry: Entry): void {
    if (this.#early) {
      this.#early.push(entry)
      return
    }
    const command = parseCommand(entry.data)
    if (command?.type === 'run') this.#onRun(command)
    else if (command?.type === 'ran') this.#onRan(command)
  }

  onSignal({ hub, run }: Extract<Signal, { type: 'abort' }>): void {
    if (hub === this.#options.hub) this.#own.get(run)?.abort()
  }

  /** @throws {SseError} (rejected) `busy` if the channel has a run */
  async start(channel: string, source: Source, options: RunOptions, position: () => string): Promise<Run> {
    checkRunOptions(options)
    if (this.#active.has(channel)) throw busy(channel)
    const run = randomName()
    const { promise: won, resolve } = Promise.withResolvers<boolean>()
    this.#claims.set(run, resolve)
    const since = position()
    const abort = new AbortController()
    this.#own.set(run, abort)
    try {
      await this.#options.publishCommand({ type: 'run', run, hub: this.#options.hub, channel })
      if (!(await won)) throw busy(channel)
    } catch (error) {
      this.#own.delete(run)
      // The log may hold the command although its publish failed.
      this.#options.publishCommand({ type: 'ran', run, channel }).catch(() => {})
      throw error
    } finally {
      this.#claims.delete(run)
    }
    const stop = () => abort.abort()
    options.signal?.addEventListener('abort', stop, { once: true })
    if (options.signal?.aborted) stop()
    const done = this.#run(channel, run, source, options, abort.signal).finally(() => {
      options.signal?.removeEventListener('abort', stop)
      this.#own.delete(run)
      this.#running.delete(done)
    })
    this.#running.add(done)
    done.catch(() => {})
    return { channel, position: since, done, abort: stop }
  }

  /** Resolves when the run of a channel has ended; at once if there is none. */
  async abort(channel: string): Promise<void> {
    const active = this.#active.get(channel)
    if (!active) return
    const ask = () => {
      this.#options.send({ type: 'abort', hub: active.hub, run: active.run })
      this.#own.get(active.run)?.abort()
    }
    ask()
    const timer = setInterval(ask, patience)
    try {
      await active.ended.promise
    } finally {
      clearInterval(timer)
    }
  }

  /** Ends the runs of processes that died. */
  check(): void {
    const { leases, hub } = this.#options
    if (this.#closed || leases.ownLeaseExpired) return
    for (const [channel, active] of this.#active) {
      if (active.hub === hub || leases.isLive(active.hub) || leases.isSettling) continue
      this.#finish(channel, active.run, { reason: 'lost' }).catch(this.#options.report)
    }
  }

  /** Aborts the runs of this process, and resolves when they have ended. */
  async close(): Promise<void> {
    this.#closed = true
    for (const abort of this.#own.values()) abort.abort(shutdown)
    await Promise.allSettled(this.#running)
  }

  #onRun({ channel, run, hub }: Extract<RunCommand, { type: 'run' }>): void {
    const isFirst = !this.#active.has(channel)
    if (isFirst) this.#active.set(channel, { run, hub, ended: Promise.withResolvers() })
    this.#claims.get(run)?.(isFirst)
  }

  #onRan({ channel, run }: Extract<RunCommand, { type: 'ran' }>): void {
    const active = this.#active.get(channel)
    if (active?.run !== run) return
    this.#active.delete(channel)
    active.ended.resolve()
  }

  async #run(
    channel: string,
    run: string,
    source: Source,
    options: RunOptions,
    signal: AbortSignal,
  ): Promise<RunOutcome> {
    const { maxEventBytes, publish, report } = this.#options
    const { every = defaultInterval, event } = options
    const batch = new Batch(every, maxEventBytes, (data) => publish(channel, data, event))
    let outcome: RunOutcome = { reason: 'finished' }
    try {
      await sendAll(source, { prepare() {}, send: (item) => batch.add(item), signal })
      await batch.flush()
      if (signal.aborted) outcome = { reason: signal.reason === shutdown ? 'lost' : 'aborted' }
    } catch (error) {
      report(error)
      outcome = { reason: 'failed', ...publicMessage(error) }
      await batch.flush().catch(() => {})
    }
    for (;;) {
      try {
        await this.#finish(channel, run, outcome)
        return outcome
      } catch (error) {
        // The log does not have the end yet, and readers wait for it.
        if (this.#closed) throw error
        await new Promise((resolve) => setTimeout(resolve, finishRetry).unref())
      }
    }
  }

  async #finish(channel: string, run: string, outcome: RunOutcome): Promise<void> {
    const { end, publishCommand } = this.#options
    await end(channel, outcome, run)
    await publishCommand({ type: 'ran', run, channel })
  }
}

/** Aborts the runs of a hub that closes. */
const shutdown = new SseError('closed', 'The hub was closed.')

/** Clients may get the message of an error with `expose: true`, as with Express and `http-errors`. */
function publicMessage(error: unknown): { message?: string } {
  const isPublic = error instanceof Error && 'expose' in error && error.expose === true
  return isPublic ? { message: error.message.slice(0, 1_000) } : {}
}

function busy(channel: string): SseError {
  const message = `The channel ${show(channel)} has a run that has not ended: await hub.abort(channel), or use another channel.`
  return new SseError('busy', message, { value: channel })
}

/** @throws {SseError} `invalid-option` */
function checkRunOptions(options: RunOptions): void {
  checkObject('options', options)
  checkNames('', options, ['event', 'every', 'signal'])
  checkNumber('every', options.every, 'delay')
  checkFunction('signal.addEventListener', options.signal?.addEventListener)
}

/** Collects items for a while, so that a fast source makes few entries. Strings are concatenated; other items are published as an array. */
class Batch {
  readonly #every: number
  readonly #maxBytes: number
  readonly #publish: (data: unknown) => Promise<unknown>
  #text = ''
  #items: unknown[] = []
  #bytes = 0
  #timer: NodeJS.Timeout | undefined
  #publishing: Promise<unknown> = Promise.resolve()
  #failure: { readonly error: unknown } | undefined

  constructor(every: number, maxBytes: number, publish: (data: unknown) => Promise<unknown>) {
    this.#every = every
    this.#maxBytes = maxBytes
    this.#publish = publish
  }

  /** @returns `true`, or a promise that resolves when there is room again. @throws the error of an earlier publish */
  add(item: unknown): true | Promise<void> {
    if (this.#failure) throw this.#failure.error
    const isText = typeof item === 'string'
    const bytes = Buffer.byteLength(isText ? item : serialize(item)) + 1
    const isOther = isText ? this.#items.length > 0 : this.#text !== ''
    const isFull = this.#bytes > 0 && this.#bytes + bytes + 2 > this.#maxBytes
    const room = isOther || isFull ? this.flush() : true
    if (isText) this.#text += item
    else this.#items.push(item)
    this.#bytes += bytes
    this.#timer ??= setTimeout(() => void this.flush().catch(() => {}), this.#every)
    return room
  }

  /** Publishes the collected items, after the earlier ones. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const data = this.#text === '' ? this.#items : this.#text
    const isEmpty = this.#bytes === 0
    this.#text = ''
    this.#items = []
    this.#bytes = 0
    if (!isEmpty) {
      this.#publishing = this.#publishing.then(() => this.#publish(data))
      this.#publishing.catch((error) => {
        this.#failure ??= { error }
      })
    }
    return this.#publishing.then(() => {})
  }
}
