import { until } from '@sse/testbed'
import { type RedisServer, startRedis } from './redis-server.ts'

const slots = 16_384
const patience = { timeout: 30_000 }

/** Starts servers that can form a Cluster, and that stay up when another one is down. */
export function startNodes(count: number, ...args: readonly string[]): Promise<RedisServer[]> {
  const options = ['--cluster-enabled', 'yes', '--cluster-require-full-coverage', 'no']
  const start = () => startRedis(...options, ...args)
  return Promise.all(Array.from({ length: count }, start))
}

/** Makes a Cluster. The primaries share the slots in their order, evenly. Each replica follows the primary of its place. */
export async function formCluster(
  primaries: readonly RedisServer[],
  replicas: readonly RedisServer[] = [],
): Promise<void> {
  const firstSlot = (index: number) => Math.ceil((slots / primaries.length) * index)
  for (const [index, node] of primaries.entries())
    await node.command('CLUSTER', 'ADDSLOTSRANGE', firstSlot(index), firstSlot(index + 1) - 1)
  const nodes = [...primaries, ...replicas]
  for (const { port } of nodes.slice(1)) await nodes[0]!.command('CLUSTER', 'MEET', '127.0.0.1', port)
  for (const node of nodes) {
    const info = async () => String(await node.command('CLUSTER', 'INFO'))
    const all = new RegExp(`cluster_slots_ok:${slots}\\r[^]*cluster_known_nodes:${nodes.length}\\r`)
    await until(async () => all.test(await info()), patience)
  }
  for (const [index, replica] of replicas.entries()) {
    const id = String(await primaries[index]!.command('CLUSTER', 'MYID'))
    await until(() => replica.command('CLUSTER', 'REPLICATE', id), patience)
    await until(async () => String(await replica.command('ROLE')).includes('connected'), patience)
  }
}

/** Sorts the primaries of a new Cluster: the one that holds the log of a prefix, then the others. */
export async function ownerFirst(primaries: readonly RedisServer[], prefix: string): Promise<RedisServer[]> {
  const slot = await slotOf(primaries[0]!, prefix)
  const owner = primaries[Math.floor((slot * primaries.length) / slots)]!
  return [owner, ...primaries.filter((node) => node !== owner)]
}

/** The slot of a log. */
export async function slotOf(node: RedisServer, prefix: string): Promise<number> {
  return Number(await node.command('CLUSTER', 'KEYSLOT', `{${prefix}}:log`))
}

/** Moves a slot with all its keys from its node to another one. */
export async function moveSlot(slot: number, from: RedisServer, to: RedisServer): Promise<void> {
  const [source, target] = await Promise.all([from, to].map((node) => node.command('CLUSTER', 'MYID')))
  await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(source))
  await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(target))
  for (;;) {
    const keys = (await from.command('CLUSTER', 'GETKEYSINSLOT', slot, 1_000)) as string[]
    if (keys.length === 0) break
    await from.command('MIGRATE', '127.0.0.1', to.port, '', 0, 5_000, 'KEYS', ...keys)
  }
  for (const node of [to, from]) await node.command('CLUSTER', 'SETSLOT', slot, 'NODE', String(target))
}
