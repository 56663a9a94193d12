import type { BrokerClient } from './connection.ts'

/**
 * What the broker needs of a client of the package `redis`, from `createClient`, `createCluster` or `createSentinel`. The type is
 * structural, so it accepts clients with modules, scripts and any protocol version.
 */
export interface RedisClientLike {
  duplicate(overrides?: object): unknown
  connect(): Promise<unknown>
  destroy(): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  sendCommand(...args: never[]): Promise<unknown>
}

/** A duplicate, not connected yet. */
export type Duplicate = RedisClientLike & {
  readonly options?: ClientOptions
  readonly _keyPrefix?: unknown
  on(event: string, listener: (event: unknown) => void): unknown
  sendCommand(...args: readonly unknown[]): Promise<unknown>
}

interface ClientOptions {
  readonly socket?: object
}

/** The app may have asked for Buffers as the replies of all commands. */
const asStrings = { typeMapping: {} }

/**
 * The broker needs no client-side cache; a cache that the app's clients share would be emptied when the broker closes its client. The
 * app's `commandOptions` (an abort signal, a timeout) are not meant for the broker's commands.
 */
const plain = { clientSideCache: undefined, emitInvalidate: undefined, commandOptions: {} }

export function isRedisClient(client: unknown): client is RedisClientLike {
  if (typeof client !== 'object' || client === null) return false
  const methods = client as Readonly<Record<string, unknown>>
  return ['duplicate', 'connect', 'destroy', 'on', 'sendCommand'].every(
    (name) => typeof methods[name] === 'function',
  )
}

/** The `keyPrefix` of the app's client. The client does not add it to commands that are sent by `sendCommand`. */
export function keyPrefixOf(client: RedisClientLike): string {
  const { _keyPrefix: prefix } = client as Duplicate
  return typeof prefix === 'string' || Buffer.isBuffer(prefix) ? prefix.toString() : ''
}

/**
 * A duplicate that connects once and does not reconnect: `ReconnectingConnection` alone decides when to try again. Nothing is queued
 * while it is offline, and each command is sent once.
 *
 * @param key a key of the log, by which a Cluster finds the node
 * @param timeout milliseconds to connect
 */
export function duplicateOf(client: RedisClientLike, key: string, timeout: number): BrokerClient {
  if (isCluster(client)) return duplicateOfCluster(client, key, timeout)
  if ('getMasterNode' in client) return duplicateOfSentinel(client)
  const overrides = { ...plain, ...connectOnce((client as Duplicate).options, timeout) }
  const own = client.duplicate(overrides) as Duplicate
  return {
    connect: () => own.connect(),
    destroy: () => own.destroy(),
    onLost: (listener) => void own.on('error', listener),
    send: (args) => own.sendCommand(args, asStrings),
  }
}

/** The options of a connection to one server that does not reconnect. */
function connectOnce(options: ClientOptions | undefined, connectTimeout: number): object {
  return {
    // A blocking read waits longer for its reply than the app's commands do.
    socket: { ...options?.socket, reconnectStrategy: false, connectTimeout, socketTimeout: undefined },
    disableOfflineQueue: true,
    commandsQueueMaxLength: 64,
    // The broker keeps its connections alive by commands that its user may send anyway.
    pingInterval: undefined,
    // The user needs no permission for CLIENT SETINFO, and no connection moves to another server unnoticed.
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

/** The primaries that a client of a Cluster has found, by the client. Any of them knows the others. */
const primaries = new WeakMap<object, readonly Address[]>()

/** Connects only to the node that has the log, so that failures of other nodes do not matter. */
function duplicateOfCluster(client: Cluster, key: string, timeout: number): BrokerClient {
  const options = client._options
  // Overrides replace whole options. Without the app's own options they would lose its password, for instance.
  const overrides = options && {
    rootNodes: [
      ...(options.rootNodes ?? []),
      ...primariesOf(client).map((node) => ({ socket: reachable(node, options) })),
    ],
    // Within the timeout two nodes are tried, in case the first is down.
    defaults: { ...options.defaults, ...connectOnce(options.defaults, Math.ceil(timeout / 2)) },
  }
  const own = client.duplicate({
    ...plain,
    ...overrides,
    minimizeConnections: true,
    useReplicas: false,
  }) as Duplicate & Cluster
  // When one root node is down, the client asks the next.
  own.on('error', () => {})
  return {
    connect: async () => {
      await own.connect()
      // The nodes themselves would keep their connections in memory.
      const addresses = own.masters?.map(({ host, port }) => ({ host, port }))
      if (addresses) primaries.set(client, addresses)
    },
    destroy: () => own.destroy(),
    onLost: (listener) => void own.on('node-error', listener),
    send: (args) => own.sendCommand(key, false, args, asStrings),
  }
}

/** The primaries that the app's client knows, and those that a client of the broker has found. */
function primariesOf(client: Cluster): readonly Address[] {
  const all = [...(client.masters ?? []), ...(primaries.get(client) ?? [])]
  return [...new Map(all.map((node) => [`${node.host}:${node.port}`, node])).values()]
}

/** The address by which this process reaches a node. */
function reachable({ host, port }: Address, { nodeAddressMap: map }: ClusterOptions): Address {
  const address = `${host}:${port}`
  return (typeof map === 'function' ? map(address) : map?.[address]) ?? { host, port }
}

/** Follows the primary. One sentinel that is up is enough. */
function duplicateOfSentinel(client: RedisClientLike): BrokerClient {
  // By default the client sends a command again when its reply was lost. That could append an event twice.
  const own = client.duplicate({ ...plain, maxCommandRediscovers: 0, replicaPoolSize: 0 }) as Duplicate
  // When one sentinel is down, the client asks the next.
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
