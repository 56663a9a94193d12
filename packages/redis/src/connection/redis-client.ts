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
  /** Told when its connection to the log's node is lost, or leads to another one. */
  onLost(listener: (error: unknown) => void): void
  /** @returns what Redis answers, strings as strings */
  send(args: readonly string[]): Promise<unknown>
}

/** One that is not connected yet. */
export type Duplicate = RedisClientLike & {
  readonly options?: ClientOptions
  readonly _keyPrefix?: unknown
  on(event: string, listener: (event: unknown) => void): unknown
  sendCommand(...args: readonly unknown[]): Promise<unknown>
}

interface ClientOptions {
  readonly socket?: object
}

/** The app may have asked for Buffers, for all of its commands. */
const asStrings = { typeMapping: {} }

/**
 * Nothing that we ask is cached, and a cache that the app shares between clients is emptied when one of them is closed. Of the app's options for
 * its commands (a signal that aborts them, a time) none is meant for ours.
 */
const plain = { clientSideCache: undefined, emitInvalidate: undefined, commandOptions: {} }

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
 * sent meanwhile is queued nowhere and sent once.
 *
 * @param key one of the log's, by which a cluster finds the node
 * @param timeout milliseconds to connect
 */
export function duplicateOf(client: RedisClientLike, key: string, timeout: number): OwnClient {
  if (isCluster(client)) return duplicateOfCluster(client, key, timeout)
  if ('getMasterNode' in client) return duplicateOfSentinel(client)
  const overrides = { ...plain, ...onlyOnce((client as Duplicate).options, timeout) }
  const own = client.duplicate(overrides) as Duplicate
  return {
    connect: () => own.connect(),
    destroy: () => own.destroy(),
    onLost: (listener) => void own.on('error', listener),
    send: (args) => own.sendCommand(args, asStrings),
  }
}

/** For a connection to one server. */
function onlyOnce(options: ClientOptions | undefined, connectTimeout: number): object {
  return {
    // A question may wait for its answer longer than the app's commands do.
    socket: { ...options?.socket, reconnectStrategy: false, connectTimeout, socketTimeout: undefined },
    disableOfflineQueue: true,
    commandsQueueMaxLength: 64,
    // The broker keeps its connections alive by itself, by what it may send anyway.
    pingInterval: undefined,
    // Neither a right to tell its name is needed, nor that a connection moves to another server unnoticed.
    disableClientInfo: true,
    maintNotifications: 'disabled',
  }
}

interface Address {
  readonly host: string
  readonly port: number
}

interface Cluster extends RedisClientLike {
  readonly masters?: readonly Address[]
  readonly _options?: ClusterOptions
}

interface ClusterOptions {
  readonly rootNodes?: readonly object[]
  readonly defaults?: ClientOptions
  readonly nodeAddressMap?: Readonly<Record<string, Address>> | ((address: string) => Address | undefined)
}

function isCluster(client: object): client is Cluster {
  return 'getSlotMaster' in client
}

/** The primaries that a client of a cluster was told of, by the client: any of them tells where the others are. */
const primaries = new WeakMap<object, readonly Address[]>()

/** Connects to the log's node alone: what befalls the others is of no concern. */
function duplicateOfCluster(client: Cluster, key: string, timeout: number): OwnClient {
  const options = client._options
  // Without its options nothing of them can be overridden without losing the rest, such as a password.
  const overrides = options && {
    rootNodes: [
      ...(options.rootNodes ?? []),
      ...knownTo(client).map((node) => ({ socket: mapped(node, options) })),
    ],
    // Two are tried within the time, in case the first is not there.
    defaults: { ...options.defaults, ...onlyOnce(options.defaults, Math.ceil(timeout / 2)) },
  }
  const own = client.duplicate({
    ...plain,
    ...overrides,
    minimizeConnections: true,
    useReplicas: false,
  }) as Duplicate & Cluster
  // A node that cannot be asked about the others: the next one is.
  own.on('error', () => {})
  return {
    connect: async () => {
      await own.connect()
      // Not the nodes themselves, which hold their connections.
      const addresses = own.masters?.map(({ host, port }) => ({ host, port }))
      if (addresses) primaries.set(client, addresses)
    },
    destroy: () => own.destroy(),
    onLost: (listener) => void own.on('node-error', listener),
    send: (args) => own.sendCommand(key, false, args, asStrings),
  }
}

/** The primaries that the app's client knows of, and those that one of ours was told of. */
function knownTo(client: Cluster): readonly Address[] {
  const all = [...(client.masters ?? []), ...(primaries.get(client) ?? [])]
  return [...new Map(all.map((node) => [`${node.host}:${node.port}`, node])).values()]
}

/** Where a node is for this process. */
function mapped({ host, port }: Address, { nodeAddressMap: map }: ClusterOptions): Address {
  const address = `${host}:${port}`
  return (typeof map === 'function' ? map(address) : map?.[address]) ?? { host, port }
}

/** Follows the primary; one sentinel that is there is enough. */
function duplicateOfSentinel(client: RedisClientLike): OwnClient {
  // By itself a client of a sentinel sends a command again whose answer was lost, which appends twice.
  const own = client.duplicate({ ...plain, maxCommandRediscovers: 0, replicaPoolSize: 0 }) as Duplicate
  // A sentinel that is not there: the next one is asked.
  own.on('error', () => {})
  let isConnected = false
  return {
    connect: async () => {
      await own.connect()
      isConnected = true
    },
    destroy: () => own.destroy(),
    onLost: (listener) => {
      own.on('client-error', (event) => {
        const { type, error } = event as { readonly type?: string; readonly error?: unknown }
        if (type === 'MASTER') listener(error)
      })
      own.on('topology-change', (event) => {
        const { type } = event as { readonly type?: string }
        if (type === 'MASTER_CHANGE' && isConnected) listener(new Error('another server is the primary'))
      })
    },
    send: (args) => own.sendCommand(false, args, asStrings),
  }
}
