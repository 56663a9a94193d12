import { refuseOption } from '@sse/core/internal'

export type Row = Readonly<Record<string, unknown>>

/** Runs a statement: the app's transaction, or a pool. */
export interface Queryable {
  /**
   * @param text SQL with `$1`, `$2` …, each once and in this order
   * @param params texts, and null
   * @returns the rows, or an object that has them as `rows`
   */
  query(
    text: string,
    params: (string | null)[],
  ): PromiseLike<readonly Row[] | { readonly rows: readonly Row[] }>
}

/** Hears what happens on a connection that listens. */
export interface NotificationListener {
  notified(payload: string): void
  /** The connection is lost. Called once, and nothing after it. */
  lost(error: unknown): void
}

/** A pool of connections to PostgreSQL, by any driver. */
export interface PostgresDriver extends Queryable {
  /**
   * Listens on a channel, by a connection that does nothing else. Without it the broker polls.
   *
   * @returns a function that ends it
   */
  listen?(channel: string, listener: NotificationListener): Promise<() => unknown>
}

/** A client of a `PgPoolLike`. */
export interface PgClientLike {
  query(text: string): PromiseLike<unknown>
  on(event: 'notification', listener: (message: { readonly payload?: string | undefined }) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'end', listener: () => void): unknown
  release(destroy?: boolean): unknown
}

/** A pool of the package `pg`, as far as it is used. */
export interface PgPoolLike {
  query(config: {
    text: string
    values?: (string | null)[]
    query_timeout: number
  }): PromiseLike<{ readonly rows: readonly Row[] }>
  connect(): Promise<PgClientLike>
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'connect', listener: (client: PgClientLike) => void): unknown
  off(event: 'error', listener: (error: Error) => void): unknown
  off(event: 'connect', listener: (client: PgClientLike) => void): unknown
  readonly options?: { readonly max?: number | undefined }
}

/** A driver that does not wait forever, and leaves nothing behind. */
export interface Driver {
  query(text: string, params?: (string | null)[], timeout?: number): Promise<readonly Row[]>
  readonly listen: PostgresDriver['listen']
  close(): void
}

/** @param timeout milliseconds that a statement may take */
export function driverOf(pool: PgPoolLike | PostgresDriver, timeout: number): Driver {
  return 'connect' in pool ? pgDriver(pool, timeout) : plainDriver(pool, timeout)
}

/** @throws {SseError} `invalid-option` */
export function checkPool(name: string, pool: unknown): asserts pool is PgPoolLike | PostgresDriver {
  if (typeof pool === 'object' && pool !== null && 'query' in pool && typeof pool.query === 'function') {
    if (!('connect' in pool) || ('options' in pool && 'on' in pool)) return
  }
  refuseOption(name, 'a Pool of the package pg, or an object { query(text, params), listen }', pool)
}

function pgDriver(pool: PgPoolLike, timeout: number): Driver {
  // An `error` without a listener would end the process. The pool emits it for idle connections, and a client for itself; the next query of the
  // client rejects all the same. A listener comes too late once `pool.connect()` has resolved: the server may have ended the connection at once.
  const ignore = () => {}
  const onConnect = (client: PgClientLike) => void client.on('error', ignore)
  pool.on('error', ignore)
  pool.on('connect', onConnect)
  return {
    query: (text, params = [], longest = timeout) => {
      const values = params.length > 0 ? { values: params } : {}
      const result = pool.query({ text, ...values, query_timeout: longest })
      return within(longest, result).then(({ rows }) => rows)
    },
    listen: async (channel, { notified, lost }) => {
      const connecting = pool.connect()
      // It may come after all.
      const client = await within(timeout, connecting).catch((error) => {
        connecting.then((late) => late.release(true), ignore)
        throw error
      })
      let ended = false
      const end = () => {
        if (ended) return
        ended = true
        client.release(true)
      }
      const fail = (error: unknown) => {
        if (ended) return
        end()
        lost(error)
      }
      client.on('notification', ({ payload = '' }) => {
        if (!ended) notified(payload)
      })
      client.on('error', fail)
      client.on('end', () => fail(new Error('the connection that listens was ended')))
      try {
        await within(timeout, client.query(`LISTEN "${channel}"`))
      } catch (error) {
        end()
        throw error
      }
      return end
    },
    close: () => {
      pool.off('error', ignore)
      pool.off('connect', onConnect)
    },
  }
}

function plainDriver(driver: PostgresDriver, timeout: number): Driver {
  return {
    query: async (text, params = [], longest = timeout) =>
      rowsOf(await within(longest, driver.query(text, params))),
    listen: driver.listen && ((channel, listener) => within(timeout, driver.listen!(channel, listener))),
    close: () => {},
  }
}

export function rowsOf(result: readonly Row[] | { readonly rows: readonly Row[] }): readonly Row[] {
  return 'rows' in result ? result.rows : result
}

/** @throws (rejected) when the promise takes longer. A connection that was lost without notice never answers. */
async function within<T>(milliseconds: number, promise: PromiseLike<T>): Promise<T> {
  const timeout = Promise.withResolvers<never>()
  const timer = setTimeout(() => timeout.reject(new Error(`no answer for ${milliseconds} ms`)), milliseconds)
  try {
    return await Promise.race([promise, timeout.promise])
  } finally {
    clearTimeout(timer)
  }
}
