import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { between, createRandom, isLong, type RunningProcess, seed, startProcess, until } from '@sse/testbed'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startBroker } from '../kit/broker.ts'
import { type PostgresServer, startPostgres } from '../kit/postgres-server.ts'

/** How many times something is killed. */
const kills = isLong ? 400 : 12
const schema = 'shop'
const patience = { timeout: 60_000 }

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
  await server.query('CREATE TABLE items (item text PRIMARY KEY)')
})
afterAll(() => server.stop())

it(
  `what is committed is delivered once and in one order, and what is rolled back never: three processes, ${kills} kills`,
  async () => {
    const random = createRandom(seed)
    const readers = [await startBroker(server, { schema }), await startBroker(server, { schema })]
    const shops: RunningProcess[] = []
    let [generation, output] = [0, '']
    const open = async (index: number) => {
      const program = fileURLToPath(new URL('shop.ts', import.meta.url))
      const name = `${index}.${generation++}`
      const args = ['--conditions=@sse/source', program, String(server.port), schema, name]
      shops[index] = await startProcess(process.execPath, args, { ready: /ready/ })
    }
    await Promise.all([0, 1, 2].map(open))
    for (let kill = 0; kill < kills; kill++) {
      await delay(between(random, 20, 120))
      // A process takes longer to start than a connection, so it is killed less often.
      if (between(random, 0, 5) === 0) {
        const index = between(random, 0, 2)
        await shops[index]!.kill('SIGKILL')
        output += shops[index]!.output
        await open(index)
      } else {
        const most = between(random, 1, 3)
        await server
          .query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' ORDER BY random() LIMIT ${most}`,
          )
          .catch(() => {})
      }
    }
    for (const shop of shops) {
      await shop.kill('SIGKILL')
      output += shop.output
    }
    // What a killed process has prepared is open until somebody decides.
    for (const { gid } of await server.query('SELECT gid FROM pg_prepared_xacts'))
      await server.query(`${random() < 0.5 ? 'COMMIT' : 'ROLLBACK'} PREPARED '${gid}'`)
    await until(async () => (await openTransactions()) === 0, patience)

    const { id } = await readers[0]!.broker.publish(['news'], { data: 'the end' })
    for (const { recorder } of readers)
      await until(() => recorder.received.some((one) => one.id === id), patience)
    const [received = [], others = []] = readers.map(({ recorder }) => recorder.texts)
    expect(others).toEqual(received)
    for (const { recorder } of readers) expect(recorder.breaks).toEqual([])

    const committed = (await server.query('SELECT item FROM items')).map(({ item }) => String(item))
    const acknowledged = [...output.matchAll(/^acknowledged (.*)$/gm)].map(([, text]) => text!)
    const count = (text: string) => counts.get(text) ?? 0
    const counts = new Map<string, number>()
    for (const text of received) counts.set(text, count(text) + 1)
    console.info(`${committed.length} committed, ${acknowledged.length} acknowledged, by the seed ${seed}`)
    expect(committed.length).toBeGreaterThan(0)
    expect([...committed, ...acknowledged].filter((text) => count(text) !== 1)).toEqual([])
    const known = new Set([...committed, 'the end'])
    // What was published without a transaction may be in the log although nobody was told so.
    expect(received.filter((text) => !known.has(text) && !text.endsWith(' direct'))).toEqual([])
    expect([...counts].filter(([, times]) => times > 1)).toEqual([])
  },
  isLong ? 600_000 : 120_000,
)

/** Transactions that the killed processes have left. */
async function openTransactions(): Promise<number> {
  const [row] = await server.query(
    "SELECT count(*)::integer AS count FROM pg_stat_activity WHERE backend_type = 'client backend' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()",
  )
  return Number(row?.['count'])
}
