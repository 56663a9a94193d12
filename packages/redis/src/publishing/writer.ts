import type { Published, SseError } from '@sse/core'
import {
  busySentence,
  closedError,
  logFailure,
  type ReconnectingConnection,
  randomText,
  recordsFull,
  tooManyRecords,
} from '@sse/core/internal'
import type { Connection } from '../connection/connection.ts'
import { failureOf, isHarmless, replyOf, unreachable } from '../failure.ts'
import { type Cursor, cursorOf, parseId } from '../log/cursor.ts'
import type { Keys } from '../log/keys.ts'
import { lookAt, newEpoch, newNonce, statusOf } from '../log/log-state.ts'
import { append, appended } from '../log/scripts.ts'
import type { Header } from '../log/stored-entry.ts'
import type { NewestAcknowledged } from './newest-acknowledged.ts'
import { type PendingPublish, PublishQueue } from './publish-queue.ts'

/** Milliseconds that an idempotency key holds. */
const keyLifetime = '600000'
/** Milliseconds that the registration of a connection holds. Then it registers again. */
const registrationLifetime = '86400000'
/** Entries that are read at a time to find what was published. */
const pageEntries = 512
const unconfirmed =
  'has not replied in time, so the event may be in it or not: publish it again under the same idempotencyKey'

/** A connection that may append. It shows its token with every batch. */
interface Registered {
  readonly connection: Connection
  readonly token: string
}

export interface WriterOptions {
  readonly commands: ReconnectingConnection<Connection>
  readonly keys: Keys
  readonly maxLength: number
  /** Bytes that all records may have. */
  readonly recordBytes: number
  readonly timeout: number
  readonly acknowledged: NewestAcknowledged
}

/**
 * Group commit: publishes that are made while a batch is under way are sent as the next batch, by one script. If the reply to a batch is lost, the
 * writer looks for the batch in the log. A batch cannot arrive late: each connection registers before it appends, and Redis then refuses
 * batches of earlier connections.
 */
export class Writer {
  readonly #options: WriterOptions
  readonly #queue: PublishQueue
  /** The key of the registration of this process. */
  readonly #key: string
  #registered: Registered | undefined
  /** A position before everything that may have been appended without a reply. */
  #floor: Cursor | undefined
  #running: Promise<void> | undefined
  #closing = false

  constructor(options: WriterOptions) {
    this.#options = options
    this.#key = options.keys.writer(randomText(8))
    this.#queue = new PublishQueue(options.timeout, this.#timeoutError)
  }

  publish(entry: Header, data: string, key?: string): Promise<Published> {
    const promise = this.#queue.add(entry, data, key)
    if (!promise) return Promise.reject(logFailure('log-busy', this.#options.keys.log, busySentence))
    this.#running ??= this.#run()
    return promise
  }

  /** Resolves when all publishes are settled. */
  async close(): Promise<void> {
    this.#closing = true
    const { commands } = this.#options
    if (!commands.current) {
      this.#queue.rejectAll(closedError())
      commands.close()
    }
    await this.#running
    const { connection } = this.#registered ?? {}
    if (connection && connection === commands.current)
      await connection.send(['DEL', this.#key]).catch(() => {})
  }

  async #run(): Promise<void> {
    // The publishes of this turn are one batch.
    await new Promise((resolve) => setImmediate(resolve))
    while (!this.#queue.isEmpty) {
      try {
        const connection = await this.#options.commands.connected(this.#options.timeout)
        await this.#append(await this.#register(connection))
      } catch {
        const { closed } = this.#options.commands
        if (this.#closing) this.#queue.rejectAll(closedError())
        else if (closed !== undefined) this.#queue.rejectAll(closed)
      }
    }
    // No await between the last look at the queue and this: a later publish runs again.
    this.#running = undefined
  }

  async #append({ connection, token }: Registered): Promise<void> {
    const batch = this.#queue.takeBatch()
    if (batch.length === 0) return
    const { keys, maxLength, recordBytes, acknowledged } = this.#options
    const usedKeys = batch.flatMap(({ key }) => (key === undefined ? [] : [keys.key(key)]))
    let keyNumber = 0
    const changesRecords = batch.some(({ change }) => change)
    const events = batch.flatMap(({ nonce, header, data, key, change = '' }) => [
      nonce,
      header,
      data,
      String(key === undefined ? 0 : ++keyNumber),
      change,
    ])
    try {
      const ids = (await connection.run(
        append,
        [...keys.withRecords, this.#key, ...usedKeys],
        [
          newEpoch(),
          token,
          String(maxLength),
          keyLifetime,
          changesRecords ? '1' : '0',
          String(Math.min(recordBytes, Number.MAX_SAFE_INTEGER)),
          ...events,
        ],
      )) as readonly string[]
      const cursors = ids.map(parseId)
      this.#queue.settle(
        cursors.map((cursor, index) => cursor ?? refusalOf(ids[index]!, batch[index], recordBytes)),
      )
      const newest = cursors.findLast((cursor, index) => cursor?.nonce === batch[index]?.nonce)
      if (newest) acknowledged.set(newest)
      this.#floor = newest ?? this.#floor
    } catch (error) {
      this.#failed(error)
      throw error
    }
  }

  /** Either Redis refused the batch, so nothing was appended; or the connection was lost, and the outcome is not known. */
  #failed(error: unknown): void {
    const reply = replyOf(error)
    if (reply === undefined) {
      this.#queue.connectionLost()
      return
    }
    this.#queue.requeue()
    if (reply === 'FENCED') this.#registered = undefined
    else if (isHarmless(error)) this.#queue.rejectAll(failureOf(error, this.#options.keys.log))
  }

  async #register(connection: Connection): Promise<Registered> {
    if (this.#registered?.connection === connection) return this.#registered
    const { keys } = this.#options
    const token = newNonce()
    try {
      await connection.send(['SET', this.#key, token, 'PX', registrationLifetime])
    } catch (error) {
      if (isHarmless(error)) this.#queue.rejectAll(failureOf(error, keys.log))
      throw error
    }
    await this.#confirmBatch(connection)
    this.#floor = (await lookAt(connection, keys)).head
    this.#registered = { connection, token }
    return this.#registered
  }

  /** Looks in the log for the batch whose reply was lost. From now on only this connection can append it. */
  async #confirmBatch(connection: Connection): Promise<void> {
    const floor = this.#floor
    if (!this.#queue.hasUnconfirmed || !floor) {
      this.#queue.requeue()
      return
    }
    const { keys } = this.#options
    for (let from = floor.at; ; ) {
      const found = await appendedAfter(connection, keys, from)
      this.#queue.confirm(found)
      const last = found.at(-1)
      if (!last || found.length < pageEntries) break
      from = last.at
    }
    const status = statusOf(floor, await lookAt(connection, keys, floor))
    // The batch may be among the entries that were trimmed meanwhile. A publish with a key is repeated safely.
    if (status === 'trimmed') this.#queue.rejectUnconfirmed(this.#timeoutError)
    this.#queue.requeue()
  }

  readonly #timeoutError = (publish: PendingPublish): SseError => {
    if (this.#closing) return closedError()
    const { keys, commands } = this.#options
    const { error } = commands
    if (publish.sent) return logFailure('log-unreachable', keys.log, unconfirmed, error)
    return error === undefined
      ? logFailure('log-unreachable', keys.log, unreachable)
      : failureOf(error, keys.log)
  }
}

/** @param reply of the script, instead of an id */
function refusalOf(
  reply: string,
  publish: PendingPublish | undefined,
  recordBytes: number,
): SseError | undefined {
  const record = publish?.record ?? ''
  if (reply === '#') return recordsFull(recordBytes, record)
  return reply.startsWith('!') ? tooManyRecords(reply.slice(1), record) : undefined
}

/** The cursors of the entries after a stream id, without their data, which may be large. */
async function appendedAfter(connection: Connection, keys: Keys, at: string): Promise<readonly Cursor[]> {
  const reply = await connection.run(appended, [keys.log], [at, String(pageEntries)])
  const texts = reply as readonly string[]
  return Array.from({ length: texts.length / 2 }, (_, index) => {
    const epochAndNonce = texts[index * 2 + 1] ?? ''
    return cursorOf(texts[index * 2] ?? '', epochAndNonce.slice(0, 8), epochAndNonce.slice(9))
  })
}
