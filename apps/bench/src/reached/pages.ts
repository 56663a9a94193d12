/** `node pages.ts`: pages with a client each. They write by either node, and wait until they have reached what they wrote. */
import { createSseClient, type SseClient } from '@sse/client'
import { comparePositions } from '@sse/express'
import { answerParent } from '../child.ts'
import { quantile } from '../statistics.ts'
import type { Write } from './node.ts'

interface Page {
  readonly client: SseClient
  /** The names of the writes that its listener was told. */
  readonly told: Set<unknown>
}

export interface Writing {
  /** Of each page, one after another. */
  readonly writes: number
  /** Whether the pages follow the channel of the writes. */
  readonly followed: boolean
}

/** From the call of `reached` to its answer, in microseconds. */
export interface Waits {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

let origins: string[] = []
let pages: Page[] = []
let written = 0

export type PagesCommands = typeof commands

const commands = {
  /** Opens so many pages, which take turns at the nodes. */
  async open({ ports, count }: { ports: readonly number[]; count: number }) {
    origins = ports.map((port) => `http://127.0.0.1:${port}`)
    pages = await Promise.all(Array.from({ length: count }, (_, index) => openPage(index)))
  },
  /** All pages write at the same time. @throws Error when a page does not see its own write at the moment when it has reached it */
  async write({ writes, followed }: Writing): Promise<Waits> {
    const waits = await Promise.all(
      pages.map(async (page) => {
        const waits: number[] = []
        while (waits.length < writes) waits.push(await writeAndReach(page, followed))
        return waits
      }),
    )
    const all = waits.flat()
    return { p50: quantile(all, 0.5), p99: quantile(all, 0.99), max: quantile(all, 1) }
  },
}

async function openPage(index: number): Promise<Page> {
  const client = createSseClient(`${origins[index % origins.length]}/events`)
  const told = new Set<unknown>()
  client.on('write', (name) => told.add(name))
  const opened = new Promise((resolve) => client.on('sse.open', resolve))
  client.connect()
  await opened
  return { client, told }
}

async function writeAndReach({ client, told }: Page, followed: boolean): Promise<number> {
  const name = `write ${written++}`
  const write: Write = { channel: followed ? 'followed' : 'elsewhere', name }
  const response = await fetch(`${origins[written % origins.length]}/writes`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(write),
  })
  const { id } = (await response.json()) as { id: string }
  const start = performance.now()
  await client.reached(id)
  const wait = (performance.now() - start) * 1_000
  const isSeen = followed ? told.has(name) : (comparePositions(client.lastEventId, id) ?? -1) >= 0
  if (!isSeen) throw new Error(`A page has reached ${id}, but it does not see what it wrote.`)
  return wait
}

answerParent(commands, () => {
  for (const { client } of pages) client.close()
})
