import { setTimeout as delay } from 'node:timers/promises'
import { createSseClient } from '@sse/client'
import { freePort, isLong, startBrokerServer, until } from '@sse/testbed'
import { Ledger, Publisher, plain, supervised } from '@sse/testbed/deliveries'
import { EventSource } from 'eventsource'
import { expect, it, onTestFinished } from 'vitest'
import { newFile } from '../src/log-file.test-kit.ts'

/** How often the server is killed. */
const kills = isLong ? 200 : 10
/** Milliseconds between the return of all clients and the next kill, at most. */
const longest = 150
const patience = { timeout: 20_000 }

it(
  `a server that is killed ${kills} times at random moments loses and repeats nothing, and tells no gap`,
  async () => {
    const path = newFile()
    const port = await freePort()
    const start = () => startBrokerServer(new URL('broker.ts', import.meta.url), port, path)
    let server = await start()
    onTestFinished(async () => void (await server.kill('SIGKILL')))

    const url = `http://127.0.0.1:${port}`
    const ledger = new Ledger()
    const connect = (name: string) => {
      const options = { backoff: { base: 20, max: 100 }, parse: 'text' } as const
      const client = createSseClient<{ tick: string }>(`${url}/events`, options)
      return supervised(name, client, () => ledger, 'everything')
    }
    const clients = [
      connect('supervised 1'),
      connect('supervised 2'),
      plain('plain', new EventSource(`${url}/events`), () => ledger, 'everything'),
    ]
    onTestFinished(() => {
      for (const client of clients) client.close()
    })
    // No client is promised the events before its first opening.
    await until(() => clients.every(({ opened }) => opened === 1))
    const publishers = ['a', 'b', 'c'].map((name) => new Publisher(name, `${url}/publish`, ledger))
    const publishing = Promise.all(publishers.map((publisher) => publisher.run()))
    publishing.catch(() => {})
    // After a failure too, nothing is published in the next test.
    onTestFinished(async () => {
      for (const publisher of publishers) publisher.close()
      await publishing.catch(() => {})
    })

    for (let kill = 1; kill <= kills; kill++) {
      await delay(Math.random() * longest)
      await server.kill('SIGKILL')
      server = await start()
      await until(() => clients.every(({ opened }) => opened > kill), patience)
    }
    for (const publisher of publishers) publisher.stop()
    await publishing
    const { acknowledged } = ledger
    await until(
      () => clients.every(({ name }) => ledger.received(name) >= acknowledged.length),
      patience,
    ).catch(() => {})

    const repeated = publishers.reduce((sum, publisher) => sum + publisher.repeated, 0)
    console.info(
      `${kills} kills: ${acknowledged.length} events acknowledged, ${repeated} of them when repeated`,
    )
    expect(ledger.judge(clients.map(({ name }) => name))).toEqual([])
    expect(ledger.excused).toBe(0)
    expect(acknowledged.length).toBeGreaterThan(kills)
  },
  600_000 + kills * 10_000,
)
