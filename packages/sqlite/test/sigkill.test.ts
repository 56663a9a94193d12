import { createRequire } from 'node:module'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort, type RunningProcess, startProcess, until } from '@sse/testbed'
import { expect, it, onTestFinished } from 'vitest'
import { newFile } from '../src/log-file.test-kit.ts'
import { plain, supervised } from './clients.ts'
import { Ledger } from './ledger.ts'
import { Publisher } from './publisher.ts'

/** How often the server is killed: `SSE_FAULTS=long` is what `test:faults` runs. */
const kills = process.env['SSE_FAULTS'] === 'long' ? 200 : 10
/** Milliseconds from all clients being back to the next kill, at the most. */
const longest = 150

it(
  `a server that is killed ${kills} times at random moments loses and repeats nothing, and tells no gap`,
  async () => {
    const path = newFile()
    const port = await freePort()
    let server = await start(port, path)
    onTestFinished(async () => void (await server.kill('SIGKILL')))

    const url = `http://127.0.0.1:${port}`
    const ledger = new Ledger()
    const clients = [
      supervised('supervised 1', `${url}/events`, ledger),
      supervised('supervised 2', `${url}/events`, ledger),
      plain('plain', `${url}/events`, ledger),
    ]
    // Events before the first opening are not promised to anyone.
    await until(() => clients.every(({ opened }) => opened === 1))
    const publishers = ['a', 'b', 'c'].map((name) => new Publisher(name, `${url}/publish`, ledger))
    const publishing = Promise.all(publishers.map((publisher) => publisher.run()))
    publishing.catch(() => {})

    for (let kill = 1; kill <= kills; kill++) {
      await delay(Math.random() * longest)
      await server.kill('SIGKILL')
      server = await start(port, path)
      await until(() => clients.every(({ opened }) => opened > kill), { timeout: 20_000 })
    }
    for (const publisher of publishers) publisher.stop()
    await publishing
    await until(() => clients.every(({ name }) => ledger.isComplete(name)), { timeout: 20_000 }).catch(
      () => {},
    )

    const repeated = publishers.reduce((sum, publisher) => sum + publisher.repeated, 0)
    console.info(
      `${kills} kills: ${ledger.acknowledged.length} events acknowledged, ${repeated} of them when repeated`,
    )
    expect(ledger.judge(clients.map(({ name }) => name))).toEqual([])
    expect(ledger.acknowledged.length).toBeGreaterThan(kills)
  },
  600_000 + kills * 10_000,
)

function start(port: number, path: string): Promise<RunningProcess> {
  const program = createRequire(import.meta.url).resolve('@sse/testbed/broker-server')
  const broker = new URL('broker.ts', import.meta.url).href
  return startProcess(process.execPath, ['--conditions=@sse/source', program, broker, String(port), path], {
    ready: /listening on/,
  })
}
