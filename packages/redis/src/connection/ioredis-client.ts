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
  duplicate(overrides: object): Node
  on(event: string, listener: (error?: unknown) => void): unknown
  call(command: string, args: readonly string[]): Promise<unknown>
}

interface Address {
  readonly host: string
  readonly port: number
}

type Node = Redis & { readonly options: Address }

type Cluster = IoRedisClientLike & {
  readonly options: {
    readonly redisOptions?: object
    readonly natMap?: Readonly<Record<string, Address>> | ((address: string) => Address | null)
  }
  readonly startupNodes?: readonly object[]
  duplicate(roots: readonly object[], overrides: object): Cluster
  on(event: '+node', listener: (node: Node) => void): unknown
  nodes(role: 'all' | 'master'): Node[]
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
    // A replica of a Cluster then redirects to its primary.
    readOnly: false,
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

/** The primaries that a client of a Cluster has found, by the client: that of the log first. Any of them knows the others. */
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
  let own: Node | undefined
  let isDestroyed = false
  const use = <T extends { disconnect(): unknown }>(next: T): T => {
    current?.disconnect()
    current = next
    if (isDestroyed) next.disconnect()
    return next
  }
  /** Connects to a node, or to the one to which it redirects. */
  const follow = async (node: Node, redirects = 0): Promise<Node> => {
    await connected(use(node))
    const address = await redirectOf(node, key)
    if (!address) return node
    if (redirects === mostRedirects) throw new Error(`the Cluster redirects ${key} all the time`)
    return follow(node.duplicate({ ...once, ...reachable(address, node, client) }), redirects + 1)
  }
  return {
    connect: async () => {
      const finder = use(finderOf(client, once, timeout))
      const roots: Node[] = []
      finder.on('+node', (node) => roots.push(node))
      await finder.connect()
      // A node that knows no address of its own is left out of the primaries.
      const nodes = [...finder.nodes('master'), ...roots]
      const last = primaries.get(client)?.[0]
      const isLast = (node: Node) => isSame(node.options, last)
      let error: unknown = new Error('the Cluster has no node')
      for (const node of [...nodes.filter(isLast), ...nodes.filter((one) => !isLast(one))]) {
        own = await follow(node.duplicate(once)).catch((reason) => {
          error = reason
          return undefined
        })
        if (own || isDestroyed) break
      }
      if (!own) throw error
      primaries.set(client, [own, ...nodes].map(addressOf))
      listen(own, (reason) => lost(reason))
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

/** The nodes themselves would keep their connections in memory. */
const addressOf = ({ options: { host, port } }: Node): Address => ({ host, port })

const isSame = ({ host, port }: Address, other: Address | undefined) =>
  host === other?.host && port === other.port

/** A client that finds the nodes of a Cluster. */
function finderOf(client: Cluster, once: object, timeout: number): Cluster {
  const known = primaries.get(client) ?? client.nodes('master').map(addressOf)
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

/** @throws (rejected) why the node cannot be reached: the package tells that by an event only */
async function connected(node: Redis): Promise<void> {
  let error: unknown
  node.on('error', (reason) => {
    error = reason
  })
  await node.connect().catch((reason) => {
    throw error ?? reason
  })
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

/** The address by which this process reaches a node. Without a host it is that of the node that has named it. */
function reachable(address: string, from: Node, { options: { natMap } }: Cluster): Address {
  const mapped = typeof natMap === 'function' ? natMap(address) : natMap?.[address]
  const colon = address.lastIndexOf(':')
  const host = address.slice(0, colon) || from.options.host
  return mapped ?? { host, port: Number(address.slice(colon + 1)) }
}
