/** Deploys behind nginx, under readers and writers: what is stored is told, and nobody is answered 500. */
import { createRequire } from 'node:module'
import { setTimeout as delay } from 'node:timers/promises'
import { createSseClient } from '@sse/client'
import {
  freePort,
  type HeldSocket,
  holdSocket,
  isLong,
  type RunningProcess,
  startProcess,
  until,
} from '@sse/testbed'
import { Ledger, plain, supervised } from '@sse/testbed/deliveries'
import { EventSource } from 'eventsource'
import { describe, expect, it, onTestFinished } from 'vitest'
import { newFile } from '../src/log-file.test-kit.ts'
import { Customer } from './customer.ts'
import { startNginx } from './nginx.ts'
import { storedIn } from './shop.ts'

const [deploys, readers, customers] = isLong ? [20, 500, 8] : [1, 20, 4]
/** Milliseconds that an old process has, and that an order takes: much less, because machines are busy. */
const [drain, work] = isLong ? [3_000, 300] : [1_500, 50]
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
  { what: 'the listening socket outlives the process', isKept: true, alsoAnswered: [] },
  {
    what: 'nothing listens between two processes',
    isKept: false,
    // To a plain EventSource nginx answers 200, and when to reconnect.
    alsoAnswered: ['GET /events 503', 'POST /orders 502'],
  },
])('$what', ({ what, isKept, alsoAnswered }) => {
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
      const options = { backoff: { base: 200, max: 1_000 }, parse: 'text' } as const
      const events = `${nginx.url}/events`
      const clients = Array.from({ length: readers }, (_, number) => {
        const name = `reader ${number}`
        return number % 2
          ? plain(name, new EventSource(events), () => ledger, 'everything')
          : supervised(name, createSseClient<{ tick: string }>(events, options), () => ledger, 'everything')
      })
      onTestFinished(() => {
        for (const client of clients) client.close()
      })
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
        const haveOrdered = () => ledger.acknowledged.length >= before + 3 * customers
        await Promise.race([ordering, until(haveOrdered, { timeout: patience })])
        await delay(Math.random() * work)
        expect(await server.kill('SIGTERM')).toEqual({ code: 0, signal: null })
        expect(server.output).not.toContain('error')
        server = await start(path, place)
        await until(() => clients.every(({ opened }) => opened > deploy), { timeout: patience })
      }
      for (const customer of crowd) customer.stop()
      await ordering
      const haveAll = () => clients.every(({ name }) => ledger.received(name) >= ledger.acknowledged.length)
      await until(haveAll, { timeout: patience }).catch(() => {})

      const stored = storedIn(path)
      const reconnects = clients.reduce((sum, { opened }) => sum + opened - 1, 0)
      const again = crowd.reduce((sum, customer) => sum + customer.again, 0)
      const answers = nginx.answers()
      console.info(
        `${what}: ${deploys} SIGTERMs, ${stored.length} orders, ${again} asked for again, ${readers} readers, ${reconnects} reconnects;`,
        answers,
      )
      expect(ledger.judge(clients.map(({ name }) => name))).toEqual([])
      expect(stored.sort()).toEqual([...ledger.acknowledged].sort())
      const expected = ['GET /events 200', 'POST /orders 200', ...alsoAnswered]
      expect(Object.keys(answers).filter((answer) => !expected.includes(answer))).toEqual([])
    },
    120_000 + deploys * 60_000,
  )
})
