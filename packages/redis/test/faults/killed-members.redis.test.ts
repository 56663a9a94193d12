import { createSseClient, type SseClient } from '@sse/client'
import {
  between,
  createRandom,
  freePort,
  isLong,
  type RunningProcess,
  seed,
  startBrokerServer,
  until,
} from '@sse/testbed'
import { expect, it, onTestFinished } from 'vitest'
import { startRedis } from '../kit/redis-server.ts'

/** That a process was killed is noticed after 20 seconds, so in the short form users only move. */
const [users, processes, rounds] = isLong ? [200, 3, 8] : [12, 2, 1]
/** Within this time the members of a dead process are gone. */
const lease = { timeout: 30_000, interval: 250 }

interface Node {
  readonly url: string
  readonly process: RunningProcess
}

interface Member {
  readonly info: string
  readonly streams: number
}

/** A user, and the page that has its stream. */
class User {
  readonly name: string
  node: Node | undefined
  #client: SseClient | undefined

  constructor(name: string) {
    this.name = name
  }

  enter(node: Node): void {
    this.#client?.close()
    this.node = node
    this.#client = createSseClient(`${node.url}/events?user=${this.name}`, { channels: ['room'] })
    this.#client.connect()
  }

  leave(): void {
    this.#client?.close()
    this.#client = this.node = undefined
  }

  get isOpen(): boolean {
    return this.#client?.state.status === 'open'
  }
}

/** A page that shows the members, on a process that is never killed. */
function watch({ url }: Node, live: ReadonlySet<string>) {
  const page = { shown: [] as string[], lost: [] as string[] }
  const client = createSseClient(`${url}/events`, { channels: ['room'] })
  client.onPresence<string>('room', ({ members = [] }) => {
    const all = new Set(members.map(({ info }) => info))
    page.lost.push(...[...live].filter((name) => !all.has(name)))
    page.shown = members.filter(({ streams }) => streams > 0).map(texted)
  })
  client.connect()
  onTestFinished(() => client.close())
  return page
}

const texted = ({ info, streams }: Member): string => `${info} ${streams}`

it(
  `${users} users on ${processes} processes: those of a process that is ${isLong ? 'killed' : 'left'} are gone within a lease, and nobody else ever is`,
  async () => {
    const random = createRandom(seed)
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    async function startNode(): Promise<Node> {
      const port = await freePort()
      const broker = new URL('broker.ts', import.meta.url)
      const process = await startBrokerServer(broker, port, `redis://127.0.0.1:${redis.port}`, 'members')
      onTestFinished(async () => void (await process.kill('SIGKILL')))
      return { url: `http://127.0.0.1:${port}`, process }
    }
    const nodes = await Promise.all(Array.from({ length: processes }, startNode))
    const anyNode = () => nodes[between(random, 0, nodes.length - 1)]!
    const everybody = Array.from({ length: users }, (_, number) => new User(`user${number}`))
    onTestFinished(() => {
      for (const user of everybody) user.leave()
    })
    /** Those that every page has shown, and that have not left since. */
    const live = new Set<string>()
    const pages = [watch(nodes[0]!, live), watch(nodes[0]!, live)]

    async function settled(): Promise<void> {
      const here = everybody.filter(({ node }) => node)
      const truth = here.map(({ name }) => `${name} 1`).sort()
      await until(async () => {
        for (const { url } of nodes) {
          const members = (await (await fetch(`${url}/presence`)).json()) as Member[]
          expect(
            members
              .filter(({ streams }) => streams > 0)
              .map(texted)
              .sort(),
          ).toEqual(truth)
        }
        for (const { shown } of pages) expect([...shown].sort()).toEqual(truth)
        return true
      }, lease)
      for (const { name } of here) live.add(name)
    }

    for (const user of everybody) user.enter(anyNode())
    await until(() => everybody.every(({ isOpen }) => isOpen))
    await settled()
    for (let round = 0; round < rounds; round++) {
      const number = 1 + (round % (processes - 1))
      const left = nodes[number]!
      const stranded = everybody.filter(({ node }) => node === left)
      const leaving = stranded.filter(() => random() < 0.5)
      for (const { name } of leaving) live.delete(name)
      if (isLong) await left.process.kill('SIGKILL')
      for (const user of leaving) user.leave()
      nodes.splice(number, 1)
      // The others come to another process at once, and are never shown as gone.
      for (const user of stranded) if (user.node) user.enter(anyNode())
      await settled()
      nodes.splice(number, 0, isLong ? await startNode() : left)
      for (const user of everybody) if (!user.node) user.enter(nodes[number]!)
      await settled()
    }
    expect(
      pages.flatMap(({ lost }) => lost),
      `seed ${seed}`,
    ).toEqual([])
  },
  180_000 + rounds * 60_000,
)
