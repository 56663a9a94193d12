import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { until } from '@sse/testbed'
import { type RedisServer, startRedis } from './redis-server.ts'

/** A primary and its replica. */
export interface Shard {
  readonly primary: RedisServer
  readonly replica: RedisServer
}

/** Three shards of a primary and a replica, made by `redis-cli --cluster create`. */
export interface RedisCluster {
  readonly shards: readonly Shard[]
  /** The shard that holds the log of a prefix, and the others. */
  shardsOf(prefix: string): Promise<{ readonly own: Shard; readonly foreign: readonly Shard[] }>
  stop(): Promise<void>
}

export async function startCluster(): Promise<RedisCluster> {
  const coverage = ['--cluster-require-full-coverage', 'no', '--repl-diskless-sync-delay', '0']
  const args = ['--cluster-enabled', 'yes', ...coverage]
  const servers = await Promise.all(Array.from({ length: 6 }, () => startRedis({ args })))
  const addresses = servers.map(({ port }) => `127.0.0.1:${port}`)
  const creation = ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes']
  await promisify(execFile)(cli(), creation)
  const shards = await shardsAmong(servers)
  await until(async () => (await Promise.all(servers.map(isComplete))).every(Boolean), { timeout: 30_000 })
  return {
    shards,
    async shardsOf(prefix) {
      const slot = await slotOf(servers[0]!, prefix)
      const holds = await Promise.all(shards.map(({ primary }) => has(primary, slot)))
      return { own: shards[holds.indexOf(true)]!, foreign: shards.filter((_, index) => !holds[index]) }
    },
    stop: async () => void (await Promise.all(servers.map((server) => server.stop()))),
  }
}

/** The slot of a log. */
export async function slotOf(node: RedisServer, prefix: string): Promise<number> {
  return Number(await node.command('CLUSTER', 'KEYSLOT', `{${prefix}}:log`))
}

/** Moves a slot with all its keys from the node that has it to another one. */
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

/** It lies beside the server. */
function cli(): string {
  const server = process.env['REDIS_SERVER_PATH']
  return server === undefined ? 'redis-cli' : join(dirname(server), 'redis-cli')
}

async function shardsAmong(servers: readonly RedisServer[]): Promise<readonly Shard[]> {
  const roles = await Promise.all(servers.map((server) => server.command('ROLE')))
  return servers.flatMap((primary, index) => {
    if ((roles[index] as string[])[0] !== 'master') return []
    const replica = servers.find((_, other) => Number((roles[other] as unknown[])[2]) === primary.port)
    return replica ? [{ primary, replica }] : []
  })
}

/** Whether a server knows who holds every slot, and a replica is in step. */
async function isComplete(server: RedisServer): Promise<boolean> {
  const isWhole = /cluster_slots_ok:16384\r/.test(String(await server.command('CLUSTER', 'INFO')))
  const [role, , , state] = (await server.command('ROLE')) as unknown[]
  return isWhole && (role === 'master' || state === 'connected')
}

async function has(server: RedisServer, slot: number): Promise<boolean> {
  const own = String(await server.command('CLUSTER', 'NODES'))
    .split('\n')
    .find((line) => line.includes('myself'))
  return (own?.split(' ').slice(8) ?? []).some((range) => {
    const [from, to = from] = range.split('-').map(Number)
    return from !== undefined && to !== undefined && slot >= from && slot <= to
  })
}
