import { createSseClient } from '@sse/client'
import { expect, onTestFinished } from 'vitest'
import { startBrokerServer } from './broker-process.ts'
import { freePort } from './port.ts'
import type { RunningProcess } from './process.ts'
import { until } from './until.ts'

export interface KilledRunOptions {
  /** The module that makes the broker, and its arguments. */
  readonly broker: URL
  readonly args: readonly string[]
  /** Whether the log has one process at a time. Then that process is started again. */
  readonly exclusive?: boolean
}

/** What a reader of the run was told. */
interface Reader {
  readonly items: number[]
  readonly ends: unknown[]
  /** Whether its client has told that it has closed, because the run is over. It tells all events before. */
  isOver: boolean
}

/** A process that is taken for dead is one whose last signal came five seconds ago. */
const patience = { timeout: 30_000 }
const channel = 'answer'

/**
 * A run whose process is killed in the middle: every reader is told the end with its reason. Whoever comes afterwards reads the whole run, on
 * every node, on one that starts later too.
 */
export async function killRun({ broker, args, exclusive = false }: KilledRunOptions): Promise<void> {
  async function startNode(port: number): Promise<{ port: number; process: RunningProcess }> {
    const process = await startBrokerServer(broker, port, ...args)
    onTestFinished(async () => void (await process.kill('SIGKILL')))
    return { port, process }
  }

  const first = await startNode(await freePort())
  let other = exclusive ? first : await startNode(await freePort())
  const url = `http://127.0.0.1:${first.port}/runs?channel=${channel}`
  const started = await fetch(url, { method: 'POST' })
  const { position } = (await started.json()) as { readonly position: string }

  /** Reads from the beginning of the run; on another node once its own is gone. */
  function read(from: { readonly port: number }): Reader {
    let port = from.port
    const address = () =>
      `http://127.0.0.1:${port}/runs?channel=${channel}&since=${encodeURIComponent(position)}`
    const client = createSseClient<{ item: number[] }>(() => address(), { backoff: { base: 20, max: 200 } })
    const reader = {
      items: [] as number[],
      ends: [] as unknown[],
      isOver: false,
    }
    client.on('item', (items) => reader.items.push(...items))
    client.on('sse.end', (end) => reader.ends.push(end))
    client.on('sse.state', ({ status }) => {
      if (status === 'waiting') port = other.port
      if (status === 'closed') reader.isOver = true
    })
    client.connect()
    onTestFinished(() => client.close())
    return reader
  }

  const readers = [read(first), read(other)]
  await until(() => readers.every(({ items }) => items.length > 20), patience)
  await first.process.kill('SIGKILL')
  if (exclusive) other = await startNode(first.port)
  await until(() => readers.every(({ isOver }) => isOver), patience)

  const whole = readers[0]!.items
  expect(whole).toEqual(whole.map((_, index) => index))
  const end = { channel, reason: 'lost' }
  const late = exclusive ? [read(other)] : [read(other), read(await startNode(await freePort()))]
  await until(() => late.every(({ isOver }) => isOver), patience)
  for (const { items, ends } of [...readers, ...late]) {
    expect(items).toEqual(whole)
    expect(ends).toEqual([end])
  }
  const again = await fetch(`http://127.0.0.1:${other.port}/runs?channel=${channel}`)
  expect(again.status).toBe(204)
}
