import { checkFunction, checkNames, checkNumber, checkObject } from '../check.ts'
import { SseError, show } from '../errors.ts'
import type { Entry } from '../log/broker.ts'
import { comparePositions } from '../log/compare-positions.ts'
import { type OpenSource, openSource, type Source, sendItems } from '../stream/source.ts'
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
/** Milliseconds in which the log must deliver the start of a run. It delivers none that a fork has lost. */
const startTimeout = 5_000

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
  /** Resolves when the unfinished runs were read. */
  #loaded = Promise.withResolvers<void>()
  /** Runs of this process whose command the log has not delivered yet. */
  readonly #claims = new Map<string, PromiseWithResolvers<boolean>>()
  #closed = false

  constructor(options: RunsOptions) {
    this.#options = options
  }

  /** Called when commands may have been missed. Until `onStart`, commands are collected. */
  reset(): void {
    if (this.#early) return
    this.#early = []
    this.#loaded = Promise.withResolvers()
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
    this.#loaded.resolve()
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

  /**
   * Opens the source at once, because its error could end the process otherwise. A run that does not start cancels it.
   *
   * @param ready resolves with the head of the log when the broker has started
   * @throws {SseError} (rejected) `busy` if the channel has a run
   */
  async start(
    channel: string,
    source: Source,
    options: RunOptions,
    ready: () => Promise<string>,
  ): Promise<Run> {
    checkRunOptions(options)
    const open = openSource(source)
    try {
      return await this.#start(channel, open, options, await ready())
    } catch (error) {
      open.cancel()
      throw error
    }
  }

  async #start(channel: string, source: OpenSource, options: RunOptions, since: string): Promise<Run> {
    if (this.#active.has(channel)) throw busy(channel)
    const run = randomName()
    const claim = Promise.withResolvers<boolean>()
    // A close may reject it before anybody waits for it.
    claim.promise.catch(() => {})
    this.#claims.set(run, claim)
    const abort = new AbortController()
    this.#own.set(run, abort)
    try {
      await this.#options.publishCommand({ type: 'run', run, hub: this.#options.hub, channel })
      if (!(await this.#within(startTimeout, claim))) throw busy(channel)
      if (this.#closed) throw shutdown
    } catch (error) {
      this.#own.delete(run)
      // The log may hold the command although its publish failed.
      this.#forget(channel, run)
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

  async #within(milliseconds: number, { promise, reject }: PromiseWithResolvers<boolean>): Promise<boolean> {
    const message = `The log has not delivered the start of the run within ${milliseconds} ms, so it may have lost it: start the run again.`
    const timer = setTimeout(() => reject(new SseError('not-ready', message)), milliseconds)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
    }
  }

  /**
   * Resolves when the run of a channel has ended; at once if there is none.
   *
   * @throws {SseError} (rejected) `closed` if the hub is closed before
   */
  async abort(channel: string): Promise<void> {
    await this.#loaded.promise
    if (this.#closed) throw shutdown
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
    for (const [channel, { run, hub: owner }] of this.#active) {
      // A start that failed, whose command the log has all the same.
      if (owner === hub && !this.#own.has(run)) this.#forget(channel, run)
      if (owner === hub || leases.isLive(owner) || leases.isSettling) continue
      this.#finish(channel, run, { reason: 'lost' }).catch(this.#options.report)
    }
  }

  /** Aborts the runs of this process, and resolves when they have ended. */
  async close(): Promise<void> {
    this.#closed = true
    for (const abort of this.#own.values()) abort.abort(shutdown)
    for (const claim of this.#claims.values()) claim.reject(shutdown)
    this.#loaded.resolve()
    await Promise.allSettled(this.#running)
    // The log will not deliver their ends to this hub any more.
    for (const { ended } of this.#active.values()) ended.reject(shutdown)
  }

  #onRun({ channel, run, hub }: Extract<RunCommand, { type: 'run' }>): void {
    const isFirst = !this.#active.has(channel)
    if (isFirst) {
      const ended = Promise.withResolvers<void>()
      // A close rejects it, and mostly nobody waits for it.
      ended.promise.catch(() => {})
      this.#active.set(channel, { run, hub, ended })
    }
    this.#claims.get(run)?.resolve(isFirst)
  }

  #onRan({ channel, run }: Extract<RunCommand, { type: 'ran' }>): void {
    const active = this.#active.get(channel)
    if (active?.run !== run) return
    this.#active.delete(channel)
    active.ended.resolve()
    // Other processes took this one for dead, and have ended its run.
    this.#own.get(run)?.abort(lost)
  }

  async #run(
    channel: string,
    run: string,
    source: OpenSource,
    options: RunOptions,
    signal: AbortSignal,
  ): Promise<RunOutcome> {
    const { maxEventBytes, publish, report } = this.#options
    const { every = defaultInterval, event } = options
    const batch = new Batch(every, maxEventBytes, (data) => publish(channel, data, event))
    let outcome: RunOutcome = { reason: 'finished' }
    try {
      await sendItems(source, { send: (item) => batch.add(item), signal })
      if (signal.reason === lost) return await this.#leave(channel, run, batch)
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

  /** Leaves a run that others have ended. Events that were published after their end have opened the channel again. */
  async #leave(channel: string, run: string, batch: Batch): Promise<RunOutcome> {
    const outcome: RunOutcome = { reason: 'lost' }
    await batch.drop()
    if (!this.#active.has(channel)) await this.#options.end(channel, outcome, `${run}:again`)
    return outcome
  }

  /** Tells all hubs that a run which has published nothing is over. */
  #forget(channel: string, run: string): void {
    this.#options.publishCommand({ type: 'ran', run, channel }).catch(() => {})
  }

  async #finish(channel: string, run: string, outcome: RunOutcome): Promise<void> {
    const { end, publishCommand } = this.#options
    await end(channel, outcome, run)
    await publishCommand({ type: 'ran', run, channel })
  }
}

/** Aborts the runs of a hub that closes. */
const shutdown = new SseError('closed', 'The hub was closed.')
/** Aborts a run that another process has ended. */
const lost = new SseError('closed', 'Another process has ended the run.')

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
    if (typeof item === 'string' && Buffer.byteLength(item) > this.#maxPart) return this.#addParts(item)
    if (item === '') return true
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

  /** A character has up to four bytes. */
  get #maxPart(): number {
    return Math.max(this.#maxBytes, 4)
  }

  /** Adds a string that is too large for one entry. */
  async #addParts(text: string): Promise<void> {
    const bytes = Buffer.from(text)
    for (let from = 0; from < bytes.length; ) {
      let to = Math.min(from + this.#maxPart, bytes.length)
      // A character is not split.
      while (to < bytes.length && (bytes[to]! & 0xc0) === 0x80) to--
      await this.add(bytes.toString('utf8', from, to))
      from = to
    }
  }

  /** Drops the collected items. Resolves when nothing is being published. */
  async drop(): Promise<void> {
    clearTimeout(this.#timer)
    this.#text = ''
    this.#items = []
    this.#bytes = 0
    await this.#publishing.catch(() => {})
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
