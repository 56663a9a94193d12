import type { BrokerClient } from './connection.ts'

/**
 * What the broker needs of a client of the package `ioredis`: a `Redis`, also one with `sentinels`, or a `Cluster`. The type is structural, so it
 * accepts both versions that are supported.
 */
export interface IoRedisClientLike {
  readonly options: object
  duplicate(...args: never[]): unknown
  connect(): Promise<unknown>
  disconnect(): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  call(...args: never[]): unknown
}

type Redis = IoRedisClientLike & {
  duplicate(overrides: object): Redis
  on(event: string, listener: (error?: unknown) => void): unknown
  call(command: string, args: readonly string[]): Promise<unknown>
}

interface Address {
  readonly host: string
  readonly port: number
}

type Cluster = IoRedisClientLike & {
  readonly options: {
    readonly redisOptions?: object
    readonly natMap?: Readonly<Record<string, Address>> | ((address: string) => Address | null)
  }
  readonly startupNodes?: readonly object[]
  duplicate(roots: readonly object[], overrides: object): Cluster
  nodes(role: 'all' | 'master'): (Redis & { readonly options: Address })[]
}

/** How often a command that finds the node is sent to the node that the last reply has named. */
const mostRedirects = 5

export function isIoRedisClient(client: unknown): client is IoRedisClientLike {
  if (typeof client !== 'object' || client === null) return false
  const parts = client as Readonly<Record<string, unknown>>
  const methods = ['duplicate', 'connect', 'disconnect', 'on', 'call']
  return methods.every((name) => typeof parts[name] === 'function') && typeof parts['options'] === 'object'
}

/** A duplicate that connects once and does not reconnect, as that of node-redis. */
export function duplicateOfIoRedis(client: IoRedisClientLike, key: string, timeout: number): BrokerClient {
  if (isCluster(client)) return duplicateOfCluster(client, key, timeout)
  // Within the timeout two sentinels are tried, in case the first is down.
  const first = 'sentinels' in client.options && client.options.sentinels ? Math.ceil(timeout / 2) : timeout
  const own = (client as Redis).duplicate(connectOnce(first))
  return {
    connect: () => own.connect(),
    destroy: () => own.disconnect(),
    onLost: (listener) => listen(own, listener),
    send: ([command = '', ...args]) => sendTo(own, command, args),
  }
}

/** The options of a connection to one server that neither reconnects, nor queues, nor sends anything again. */
function connectOnce(connectTimeout: number): object {
  return {
    connectTimeout,
    lazyConnect: true,
    retryStrategy: null,
    sentinelRetryStrategy: null,
    sentinelCommandTimeout: connectTimeout,
    reconnectOnError: null,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    // A connection that is given up keeps no timer.
    disconnectTimeout: 0,
    // A blocking read waits longer for its reply than the app's commands do.
    commandTimeout: undefined,
    socketTimeout: undefined,
    blockingTimeout: undefined,
    enableAutoPipelining: false,
    keyPrefix: '',
    // Replies have the same form by all versions of the package.
    protocol: 2,
    replyMapping: 'legacy',
    stringNumbers: false,
    himportFieldsets: undefined,
    // The user needs no permission for INFO and CLIENT SETINFO. The broker asks by itself whether Redis is loading, or is a replica.
    enableReadyCheck: false,
    disableClientInfo: true,
  }
}

function listen(own: Redis, listener: (error: unknown) => void): void {
  own.on('error', listener)
  own.on('close', () => listener(new Error('Redis has closed the connection')))
}

/** The client knows the form of a reply by the name of its command, in small letters. */
function sendTo(own: Redis, command: string, args: readonly string[]): Promise<unknown> {
  return own.call(command.toLowerCase(), args)
}

function isCluster(client: object): client is Cluster {
  return 'isCluster' in client && client.isCluster === true
}

/** The primaries that a client of a Cluster has found, by the client. Any of them knows the others. */
const primaries = new WeakMap<object, readonly Address[]>()

/**
 * Connects only to the node that has the log, so that failures of other nodes do not matter. A `Cluster` of the package would keep connections to
 * other nodes too, and may send a command again whose reply was lost. So it only finds the nodes.
 */
function duplicateOfCluster(client: Cluster, key: string, timeout: number): BrokerClient {
  // Within the timeout two nodes are tried, in case the first is down.
  const once = connectOnce(Math.ceil(timeout / 2))
  let lost: (error: unknown) => void = () => {}
  let current: { disconnect(): unknown } | undefined
  let own: Redis | undefined
  let isDestroyed = false
  const use = <T extends { disconnect(): unknown }>(next: T): T => {
    current?.disconnect()
    current = next
    if (isDestroyed) next.disconnect()
    return next
  }
  return {
    connect: async () => {
      const finder = use(finderOf(client, once, timeout))
      await finder.connect()
      primaries.set(
        client,
        finder.nodes('master').map(({ options: { host, port } }) => ({ host, port })),
      )
      const [any] = finder.nodes('master')
      if (!any) throw new Error('the Cluster has no primary')
      let node = use(any.duplicate(once))
      for (let redirects = 0; ; redirects++) {
        let error: unknown
        node.on('error', (reason) => {
          error = reason
        })
        await node.connect().catch((reason) => {
          throw error ?? reason
        })
        const address = await redirectOf(node, key)
        if (!address) break
        if (redirects === mostRedirects) throw new Error(`the Cluster redirects ${key} all the time`)
        node = use(node.duplicate({ ...once, ...reachable(address, client) }))
      }
      listen(node, (error) => lost(error))
      own = node
    },
    destroy: () => {
      isDestroyed = true
      current?.disconnect()
    },
    onLost: (listener) => {
      lost = listener
    },
    send: ([command = '', ...args]) => sendTo(own!, command, args),
  }
}

/** A client that finds the nodes of a Cluster. */
function finderOf(client: Cluster, once: object, timeout: number): Cluster {
  const known =
    primaries.get(client) ?? client.nodes('master').map(({ options: { host, port } }) => ({ host, port }))
  const finder = client.duplicate([...(client.startupNodes ?? []), ...known], {
    lazyConnect: true,
    clusterRetryStrategy: null,
    enableReadyCheck: false,
    shardedSubscribers: false,
    slotsRefreshInterval: undefined,
    slotsRefreshTimeout: Math.ceil(timeout / 2),
    himportFieldsets: undefined,
    redisOptions: { ...client.options.redisOptions, ...once },
  })
  // When one node is down, the client asks the next.
  finder.on('error', () => {})
  return finder
}

/** The address of the node that has a key, if it is another one. */
async function redirectOf(node: Redis, key: string): Promise<string | undefined> {
  try {
    await node.call('exists', [key])
    return undefined
  } catch (error) {
    const [, address] = (error instanceof Error && /^MOVED \d+ (\S+)$/.exec(error.message)) || []
    if (address === undefined) throw error
    return address
  }
}

/** The address by which this process reaches a node. */
function reachable(address: string, { options: { natMap } }: Cluster): Address {
  const port = address.lastIndexOf(':')
  const mapped = typeof natMap === 'function' ? natMap(address) : natMap?.[address]
  return mapped ?? { host: address.slice(0, port), port: Number(address.slice(port + 1)) }
}
