/**
 * What the broker needs of a client of the package `redis`: of `createClient`, `createCluster` and `createSentinel` alike. Structural, so that
 * clients with modules, scripts and other protocol versions are the same to it.
 */
export interface RedisClientLike {
  duplicate(overrides?: object): unknown
  connect(): Promise<unknown>
  destroy(): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  sendCommand(...args: never[]): Promise<unknown>
}

/** A client of the broker's own, of whatever kind. */
export interface OwnClient {
  connect(): Promise<unknown>
  destroy(): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  /** @returns what Redis answers, strings as strings */
  send(args: readonly string[]): Promise<unknown>
}

/** One that is not connected yet. */
export type Duplicate = RedisClientLike & {
  readonly options?: { readonly socket?: object; readonly keyPrefix?: unknown }
  readonly _keyPrefix?: unknown
  sendCommand(...args: readonly unknown[]): Promise<unknown>
}

/** The app may have asked for Buffers, for all of its commands. */
const asStrings = { typeMapping: {} }

/** Nothing that we ask is cached, and a cache that the app shares between clients is emptied when one of them is closed. */
const plain = { clientSideCache: undefined, emitInvalidate: undefined }

export function isRedisClient(client: unknown): client is RedisClientLike {
  if (typeof client !== 'object' || client === null) return false
  const methods = client as Readonly<Record<string, unknown>>
  return ['duplicate', 'connect', 'destroy', 'on', 'sendCommand'].every(
    (name) => typeof methods[name] === 'function',
  )
}

/** The app's prefix for all of its keys: what is sent as it is does not get it by itself. */
export function keyPrefixOf(client: RedisClientLike): string {
  const { _keyPrefix: prefix } = client as Duplicate
  return typeof prefix === 'string' || Buffer.isBuffer(prefix) ? prefix.toString() : ''
}

/**
 * A duplicate to connect once. A connection that is lost stays lost: when and how often to try again is decided in one place, and what was
 * sent meanwhile is queued nowhere.
 *
 * @param key one of the log's, by which a cluster finds the node
 * @param timeout milliseconds to connect
 */
export function duplicateOf(client: RedisClientLike, key: string, timeout: number): OwnClient {
  const own = (
    isStandalone(client)
      ? client.duplicate({ ...plain, ...onlyOnce(client as Duplicate, timeout) })
      : client.duplicate(plain)
  ) as Duplicate
  const before = isStandalone(client) ? [] : isCluster(client) ? [key, false] : [false]
  return {
    connect: () => own.connect(),
    destroy: () => own.destroy(),
    on: (event, listener) => own.on(event, listener),
    send: (args) => own.sendCommand(...before, args, asStrings),
  }
}

function onlyOnce({ options }: Duplicate, connectTimeout: number): object {
  return {
    // A question may wait for its answer longer than the app's commands do.
    socket: { ...options?.socket, reconnectStrategy: false, connectTimeout, socketTimeout: undefined },
    disableOfflineQueue: true,
    commandsQueueMaxLength: 64,
  }
}

function isCluster(client: object): boolean {
  return 'getSlotMaster' in client
}

function isStandalone(client: object): boolean {
  return !isCluster(client) && !('getMasterNode' in client)
}
