/**
 * What publishing costs the transactions of an app: `node --conditions=@sse/source packages/postgres/test/transactions-speed.ts [seconds]`.
 *
 * Transactions that insert a row, hold it for 5 ms and commit, 1, 10 and 50 at a time, without a publish and with one; the contestants take
 * turns. `sweep` is the sequencer that needs no snapshot: it reads the whole outbox. The last two run while another transaction stays open, so
 * that no removed row can be vacuumed.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { driverOf } from '../src/connection/driver.ts'
import { Log } from '../src/log/log.ts'
import { asUser, startPostgres } from './kit/postgres-server.ts'

const seconds = Number(process.argv[2] ?? 5)
const insert = 'INSERT INTO orders (item) VALUES (:client_id);'
const publish = `SELECT * FROM sse.enqueue('0123456789ab', '[["orders"],"order"]', NULL, repeat('x', 200), NULL);`
const script = (body: string) => `BEGIN;\n${body}\n\\sleep 5 ms\nCOMMIT;\n`

const server = await startPostgres('fsync=on', 'synchronous_commit=on', 'shared_buffers=256MB')
try {
  const pool = new pg.Pool(server.config())
  const log = new Log(driverOf(pool, 60_000), 'sse', 60_000, { bytes: Number.POSITIVE_INFINITY })
  await log.migrate()
  await server.query('CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, item integer)')
  const contestants = [
    { name: 'no publish', body: insert, sequencer: undefined },
    { name: 'publish', body: insert + publish, sequencer: { sweep: false } },
    { name: 'publish, sweep', body: insert + publish, sequencer: { sweep: true } },
  ]
  for (const long of [false, true]) {
    const holder = await pool.connect()
    if (long) await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM orders')
    for (const clients of long ? [50] : [1, 10, 50]) {
      for (const { name, body, sequencer } of long ? contestants.slice(1) : contestants) {
        const { tps, latencies } = await measure(body, clients, sequencer)
        const sorted = latencies.sort((a, b) => a - b)
        const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1)
        console.info(
          `${long ? 'beside a long transaction, ' : ''}${clients} at a time, ${name}: ${tps.toFixed(0)} tx/s` +
            (sequencer ? `; sequence() ${sorted.length} times, ${at(0.5)} ms p50, ${at(0.99)} ms p99` : ''),
        )
      }
    }
    if (long) await holder.query('COMMIT')
    holder.release()
  }
  await pool.end()

  async function measure(
    body: string,
    clients: number,
    sequencer: { sweep: boolean } | undefined,
  ): Promise<{ tps: number; latencies: number[] }> {
    const file = join(server.directory, 'script.sql')
    writeFileSync(file, script(body), { mode: 0o644 })
    const args = ['-n', '-f', file, '-c', String(clients), '-j', '2', '-T', String(seconds)]
    const [command, all] = asUser('pgbench', [
      ...args,
      '-h',
      '127.0.0.1',
      '-p',
      String(server.port),
      '-U',
      'postgres',
      'postgres',
    ])
    const child = spawn(command, all, { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (text) => {
      output += text
    })
    let isRunning = true
    const latencies: number[] = []
    const sequencing = (async () => {
      while (sequencer && isRunning) {
        const since = performance.now()
        await log.append([], sequencer)
        latencies.push(performance.now() - since)
        await delay(3)
      }
    })()
    await once(child, 'close')
    isRunning = false
    await sequencing
    return { tps: Number(/tps = ([\d.]+)/.exec(output)?.[1]), latencies }
  }
} finally {
  await server.stop()
}
