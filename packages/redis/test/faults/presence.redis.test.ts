import { setTimeout as delay } from 'node:timers/promises'
import { createHub, type Hub, type SseStream } from '@sse/core'
import type { TestEvent } from '@sse/core/testing'
import { between, createRandom, isLong, seed, startTcpProxy, type TcpProxy, until } from '@sse/testbed'
import { ReceivingTransport } from '@sse/testbed/receiving-transport'
import { expect, it, onTestFinished } from 'vitest'
import { createRedisBroker } from '../../src/index.ts'
import { serverClient } from '../kit/clients.ts'
import { startRedis } from '../kit/redis-server.ts'

/** A process that is killed is noticed after 20 seconds, so only the long form kills processes. */
const users = isLong ? 200 : 60
/** Milliseconds of faults. */
const duration = isLong ? 300_000 : 3_000
/** Milliseconds after which the members of a process that has died are gone. */
const lease = 30_000

/** A server process. */
class Node {
  readonly proxy: TcpProxy
  readonly hub: Hub
  readonly users = new Set<User>()

  constructor(proxy: TcpProxy) {
    this.proxy = proxy
    this.hub = createHub({
      broker: createRedisBroker({ client: serverClient(proxy.port), prefix: 'presence' }),
      channel: () => ({ presence: true }),
      onError: () => {},
    })
  }

  static async start(port: number): Promise<Node> {
    const proxy = await startTcpProxy(port)
    const node = new Node(proxy)
    await node.hub.ready
    onTestFinished(async () => {
      await node.hub.close()
      proxy.close()
    })
    return node
  }

  /** The others hear nothing more of it, and its clients lose their streams. */
  kill(): void {
    this.proxy.cut()
    for (const user of [...this.users]) user.leave()
  }
}

/** A page that shows who is here. */
class User extends ReceivingTransport {
  readonly name: string
  node: Node | undefined
  readonly shown = new Map<string, { readonly info: string; readonly streams: number }>()
  #stream: SseStream | undefined

  constructor(name: string) {
    super()
    this.name = name
  }

  enter(node: Node): void {
    this.leave()
    this.closed = false
    this.shown.clear()
    this.node = node
    node.users.add(this)
    this.#stream = node.hub.stream(this, { key: this.name, presence: () => this.name }).subscribe('room')
  }

  override leave(): void {
    this.node?.users.delete(this)
    this.node = undefined
    if (this.#stream) super.leave()
  }

  get isHere(): boolean {
    return this.node !== undefined && !this.closed
  }

  /** The names of those with a stream, as this page shows them. */
  get present(): string[] {
    return [...this.shown.values()].filter(({ streams }) => streams > 0).map(({ info }) => info)
  }

  protected receive(events: readonly TestEvent[]): void {
    for (const { event, data } of events) {
      if (event !== 'sse.presence') continue
      const { members, joined = members, left = [] } = JSON.parse(data)
      if (members) this.shown.clear()
      for (const member of joined) this.shown.set(member.id, member)
      for (const id of left) this.shown.delete(id)
    }
  }
}

it(
  `${users} users on two processes: after ${duration / 1_000} s of faults every list is the truth`,
  async () => {
    const random = createRandom(seed)
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    const nodes = [await Node.start(redis.port), await Node.start(redis.port)]
    const everybody = Array.from({ length: users }, (_, number) => new User(`user ${number}`))
    for (const user of everybody) user.enter(nodes[between(random, 0, 1)]!)
    /** Since when a page does not show a user, of both of whom neither has left since. */
    const absent = new Map<string, number>()
    const longest = { time: 0, pair: '' }
    const look = () => {
      const now = performance.now()
      for (const page of everybody.slice(0, 4)) {
        const present = new Set([...page.shown.values()].map(({ info }) => info))
        for (const user of everybody) {
          const pair = `${page.name} does not show ${user.name}`
          if (!page.isHere || !user.isHere || present.has(user.name)) absent.delete(pair)
          else if (!absent.has(pair)) absent.set(pair, now)
          else if (now - absent.get(pair)! > longest.time)
            Object.assign(longest, { time: now - absent.get(pair)!, pair })
        }
      }
    }
    const timer = setInterval(look, 100)
    onTestFinished(() => clearInterval(timer))

    const end = performance.now() + duration
    while (performance.now() < end) {
      for (let time = 0; time < 5; time++) {
        const user = everybody[between(random, 0, users - 1)]!
        if (user.isHere && random() < 0.3) user.leave()
        else user.enter(nodes[between(random, 0, 1)]!)
      }
      const fault = random()
      const number = between(random, 0, 1)
      const node = nodes[number]!
      if (fault < 0.08) {
        node.proxy.cut()
        await delay(between(random, 0, 1_000))
        node.proxy.mend()
      } else if (fault < 0.12) {
        await redis.down('SIGKILL')
        await delay(between(random, 0, 1_000))
        await redis.up()
      } else if (isLong && fault < 0.14) {
        const left = [...node.users]
        node.kill()
        nodes[number] = await Node.start(redis.port)
        for (const user of left) user.enter(nodes[between(random, 0, 1)]!)
      }
      await delay(between(random, 0, 200))
    }

    await until(
      async () => {
        const truth = everybody.filter(({ isHere }) => isHere).map(({ name }) => name)
        truth.sort()
        for (const { hub } of nodes) {
          const members = (await hub.presence('room')).filter(({ streams }) => streams > 0)
          expect(members.map(({ info }) => info).sort()).toEqual(truth)
          expect(members.every(({ streams }) => streams === 1)).toBe(true)
        }
        for (const user of everybody) if (user.isHere) expect(user.present.sort()).toEqual(truth)
        return true
      },
      { timeout: 60_000 },
    )
    look()
    expect(longest.time, `seed ${seed}: ${longest.pair}`).toBeLessThan(lease)
  },
  duration + 120_000,
)
