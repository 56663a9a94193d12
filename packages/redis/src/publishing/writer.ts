import { randomBytes } from 'node:crypto'
import type { Published, SseError } from '@sse/core'
import type { Acknowledged } from './newest-acknowledged.ts'
import type { Connection } from '../connection/connection.ts'
import { type Cursor, cursorOf, parseId } from '../log/cursor.ts'
import { closedError, failure, failureOf, isHarmless, replyOf } from '../failure.ts'
import type { Keys } from '../log/keys.ts'
import type { Line } from '../connection/reconnecting-connection.ts'
import { lookAt, newNonce, verdictOn } from '../log/log-state.ts'
import { Outbox, type Publish } from './publish-queue.ts'
import { append, marks } from '../log/scripts.ts'

/** How long an idempotency key holds, in milliseconds. */
const lifetime = '600000'
/** How long the right of a connection to append holds, in milliseconds; then it is asked for anew. */
const registration = '86400000'
/** Entries read at a time to find what was published. */
const stride = 512

/** A connection that may append, by the token that it gives with everything. */
interface Registered {
  readonly connection: Connection
  readonly token: string
}

export interface WriterOptions {
  readonly line: Line
  readonly keys: Keys
  readonly maxLength: number
  readonly timeout: number
  readonly acknowledged: Acknowledged
}

/**
 * Group commit: what is published while Redis is asked is sent together as soon as it has answered, in one script. So one group at the most is
 * on its way; when its answer is lost it is looked for in the log. No attempt can come late: a connection registers before it
 * appends, and what comes by an earlier one is refused from then on.
 */
export class Writer {
  readonly #options: WriterOptions
  readonly #outbox: Outbox
  /** Of this process; the key of its registration. */
  readonly #key: string
  #registered: Registered | undefined
  /** A position before all that may have been appended without an answer. */
  #floor: Cursor | undefined
  #running: Promise<void> | undefined
  #closing = false

  constructor(options: WriterOptions) {
    this.#options = options
    this.#key = options.keys.writer(randomBytes(8).toString('hex'))
    this.#outbox = new Outbox(options.timeout, (publish) => this.#late(publish))
  }

  publish(
    channels: readonly string[],
    event: string | undefined,
    data: string,
    key?: string,
  ): Promise<Published> {
    const promise = this.#outbox.add({ channels, event, data, key })
    if (!promise) return Promise.reject(failure('log-busy', this.#options.keys.log))
    this.#running ??= this.#run()
    return promise
  }

  /** Resolves when all that was published is settled. */
  async close(): Promise<void> {
    this.#closing = true
    const { line } = this.#options
    if (!line.connection) {
      this.#outbox.rejectAll(closedError())
      line.close()
    }
    await this.#running
    const { connection } = this.#registered ?? {}
    if (connection && connection === line.connection)
      await connection.send(['DEL', this.#key]).catch(() => {})
  }

  async #run(): Promise<void> {
    // What is published in this turn is one group.
    await new Promise((resolve) => setImmediate(resolve))
    while (!this.#outbox.isEmpty) {
      try {
        const connection = await this.#options.line.connected(this.#options.timeout)
        const registered = await this.#register(connection)
        await this.#append(registered)
      } catch {
        const { closed } = this.#options.line
        if (this.#closing) this.#outbox.rejectAll(closedError())
        else if (closed !== undefined) this.#outbox.rejectAll(closed)
      }
    }
    // In the same turn as the last look: what is published after it runs anew.
    this.#running = undefined
  }

  async #append({ connection, token }: Registered): Promise<void> {
    const group = this.#outbox.take()
    if (group.length === 0) return
    const { keys, maxLength, acknowledged } = this.#options
    const used = group.flatMap(({ key }) => (key === undefined ? [] : [keys.key(key)]))
    let key = 0
    const messages = group.flatMap(({ nonce, head, data, key: own }) => [
      nonce,
      head,
      data,
      String(own === undefined ? 0 : ++key),
    ])
    try {
      const ids = (await connection.run(
        append,
        [keys.log, keys.meta, this.#key, ...used],
        [newEpoch(), token, String(maxLength), lifetime, ...messages],
      )) as readonly string[]
      const cursors = ids.map(parseId)
      this.#outbox.settle(cursors)
      const newest = cursors.findLast((cursor, index) => cursor?.nonce === group[index]?.nonce)
      if (newest) acknowledged.add(newest)
      this.#floor = newest ?? this.#floor
    } catch (error) {
      this.#refused(error)
      throw error
    }
  }

  /** What an error tells about a group: nothing was done, and it makes sense to try again or not; or nobody knows. */
  #refused(error: unknown): void {
    const reply = replyOf(error)
    if (reply === undefined) {
      this.#outbox.lost()
      return
    }
    this.#outbox.returnAll()
    if (reply === 'FENCED') this.#registered = undefined
    else if (isHarmless(error)) this.#outbox.rejectAll(failureOf(error, this.#options.keys.log))
  }

  async #register(connection: Connection): Promise<Registered> {
    if (this.#registered?.connection === connection) return this.#registered
    const { keys } = this.#options
    const token = newNonce()
    try {
      await connection.send(['SET', this.#key, token, 'PX', registration])
    } catch (error) {
      if (isHarmless(error)) this.#outbox.rejectAll(failureOf(error, keys.log))
      throw error
    }
    await this.#find(connection)
    this.#floor = (await lookAt(connection, keys)).head
    this.#registered = { connection, token }
    return this.#registered
  }

  /** Looks in the log for the group whose answer was lost: none of it can be appended any more but by this connection. */
  async #find(connection: Connection): Promise<void> {
    const floor = this.#floor
    if (!this.#outbox.isUnsure || !floor) {
      this.#outbox.returnAll()
      return
    }
    const { keys } = this.#options
    for (let from = floor.at; ; ) {
      const found = await appendedAfter(connection, keys, from)
      this.#outbox.found(found)
      const last = found.at(-1)
      if (!last || found.length < stride) break
      from = last.at
    }
    const verdict = verdictOn(floor, await lookAt(connection, keys, floor))
    // It may have been among those that were let go meanwhile. A key tells by itself whether it was used.
    if (verdict === 'trimmed') this.#outbox.rejectUnsure(this.#late)
    this.#outbox.returnAll()
  }

  /** What a publisher is told who waits no longer. */
  readonly #late = (publish: Publish): SseError => {
    if (this.#closing) return closedError()
    const { keys, line } = this.#options
    const cause = line.error
    const because = publish.sent
      ? 'has not answered in time: the event may be in it or not, publish it again under the same idempotencyKey'
      : undefined
    return cause === undefined || publish.sent
      ? failure('log-unreachable', keys.log, because === undefined ? { cause } : { cause, because })
      : failureOf(cause, keys.log)
  }
}

/** What was appended, without what it says: that may be much. */
async function appendedAfter(connection: Connection, keys: Keys, at: string): Promise<readonly Cursor[]> {
  const reply = await connection.run(marks, [keys.log], [at, String(stride)])
  const texts = reply as readonly string[]
  return Array.from({ length: texts.length / 2 }, (_, index) => {
    const mark = texts[index * 2 + 1] ?? ''
    return cursorOf(texts[index * 2] ?? '', mark.slice(0, 8), mark.slice(9))
  })
}

function newEpoch(): string {
  return randomBytes(4).toString('hex')
}
