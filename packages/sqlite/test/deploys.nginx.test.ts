/** Deploys behind nginx, under readers and writers: what is stored is told, and nobody is answered 500. */
import { createRequire } from 'node:module'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort, type HeldSocket, holdSocket, type RunningProcess, startProcess, until } from '@sse/testbed'
import { describe, expect, it, onTestFinished } from 'vitest'
import { newFile } from '../src/log-file.test-kit.ts'
import { plain, supervised } from './clients.ts'
import { Customer } from './customer.ts'
import { Ledger } from './ledger.ts'
import { startNginx } from './nginx.ts'
import { storedIn } from './shop.ts'

/** `SSE_FAULTS=long` is what `test:faults` runs. */
const isLong = process.env['SSE_FAULTS'] === 'long'
const [deploys, readers, customers] = isLong ? [20, 500, 8] : [2, 20, 4]
/** Milliseconds that an old process has, and that an order takes: less. */
const [drain, work] = isLong ? [2_000, 300] : [500, 100]
/** Milliseconds to wait for what must come true. */
const patience = 60_000

interface Place {
  readonly port: number
  readonly socket?: HeldSocket
}

function start(path: string, { port, socket }: Place): Promise<RunningProcess> {
  const program = createRequire(import.meta.url).resolve('@sse/testbed/deploy-server')
  const shop = new URL('shop.ts', import.meta.url).href
  const args = ['--conditions=@sse/source', program, shop, String(port), String(drain), path]
  return startProcess(process.execPath, args, { ready: /the log is up/, socket })
}

describe.each([
  { what: 'the listening socket outlives the process', isKept: true },
  { what: 'nothing listens between two processes', isKept: false },
])('$what', ({ isKept }) => {
  it(
    `${deploys} deploys, ${readers} readers: what is stored is told to each of them once, and no request is answered 500`,
    async () => {
      const path = newFile()
      const socket = isKept ? await holdSocket() : undefined
      onTestFinished(async () => void (await socket?.release()))
      const place: Place = socket ? { port: socket.port, socket } : { port: await freePort() }
      const nginx = await startNginx(place.port)
      let server = await start(path, place)
      onTestFinished(async () => void (await server.kill('SIGKILL')))

      const ledger = new Ledger()
      // A plain EventSource ends for good at any status but 200.
      const clients = Array.from({ length: readers }, (_, number) =>
        number % 2
          ? plain(`reader ${number}`, `${nginx.url}/events`, ledger)
          : supervised(`reader ${number}`, `${nginx.url}/events`, ledger, { base: 200, max: 1_000 }),
      )
      await until(() => clients.every(({ opened }) => opened > 0), { timeout: patience })
      const crowd = Array.from(
        { length: customers },
        (_, number) =>
          new Customer(`${number}`, `${nginx.url}/orders`, ledger, number % 2 ? work : 'together'),
      )
      const ordering = Promise.all(crowd.map((customer) => customer.run()))
      ordering.catch(() => {})

      for (let deploy = 1; deploy <= deploys; deploy++) {
        const before = ledger.acknowledged.length
        await until(() => ledger.acknowledged.length >= before + 3 * customers, { timeout: patience })
        await delay(Math.random() * work)
        expect(await server.kill('SIGTERM')).toEqual({ code: 0, signal: null })
        expect(server.output).not.toContain('error')
        server = await start(path, place)
        await until(() => clients.every(({ opened }) => opened > deploy), { timeout: patience })
      }
      for (const customer of crowd) customer.stop()
      await ordering
      await until(() => clients.every(({ name }) => ledger.isComplete(name)), { timeout: patience }).catch(
        () => {},
      )

      const stored = storedIn(path)
      const reconnects = clients.reduce((sum, { opened }) => sum + opened - 1, 0)
      const again = crowd.reduce((sum, customer) => sum + customer.again, 0)
      const answers = nginx.answers()
      console.info(
        `${isKept ? 'socket kept' : 'nothing listens'}: ${deploys} SIGTERMs, ${stored.length} orders, ${again} asked for again, ${readers} readers, ${reconnects} reconnects;`,
        answers,
      )
      expect(ledger.judge(clients.map(({ name }) => name))).toEqual([])
      expect(stored.sort()).toEqual([...ledger.acknowledged].sort())
      expect(Object.keys(answers).filter((answer) => answer.endsWith(' 500'))).toEqual([])
      if (isKept) expect(Object.keys(answers).sort()).toEqual(['GET /events 200', 'POST /orders 200'])
    },
    120_000 + deploys * 60_000,
  )
})
