import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type SseServer, startSseServer } from '@sse/testbed/sse-server'
import { EventSource } from 'eventsource'
import { expect, it, onTestFinished } from 'vitest'
import { createSqliteBroker } from '../src/index.ts'
import { newFile } from '../src/log-file.test-kit.ts'

const patience = { timeout: 10_000 }

/** A server on a log, and a client that counts what it receives. */
async function serve(database: string | DatabaseSync) {
  const errors: unknown[] = []
  const hub = {
    broker: createSqliteBroker(database),
    heartbeat: 20,
    onError: (error: unknown) => errors.push(error),
  }
  const server = await startSseServer({ hub })
  await server.hub.ready
  const told = { opened: 0, texts: [] as string[], pings: 0, gaps: 0 }
  const source = new EventSource(server.url)
  onTestFinished(() => source.close())
  source.addEventListener('sse.open', () => told.opened++)
  source.addEventListener('sse.ping', () => told.pings++)
  source.addEventListener('sse.gap', () => told.gaps++)
  source.addEventListener('message', ({ data }) => told.texts.push(data.slice(0, 5)))
  await expect.poll(() => told.opened, patience).toBe(1)
  return { server, told, errors }
}

/** The log fails under an open stream, and comes back: the stream lives through it, and goes on. */
async function livesThrough({
  server: { hub },
  told,
  code,
  fail,
  mend,
}: {
  server: SseServer
  told: { opened: number; texts: string[]; pings: number; gaps: number }
  code: string
  fail: () => void
  mend: () => void
}) {
  await hub.publish('news', 'first')
  fail()
  await expect(hub.publish('news', `lost ${'x'.repeat(60_000)}`)).rejects.toMatchObject({ code })
  expect(hub.stats().broker).toBe('down')
  const { pings } = told
  await expect.poll(() => told.pings, patience).toBeGreaterThan(pings + 2)
  mend()
  await expect.poll(() => hub.stats().broker, patience).toBe('up')
  await hub.publish('news', `again ${'x'.repeat(60_000)}`)
  await expect.poll(() => told.texts, patience).toEqual(['first', 'again'])
  expect([told.opened, told.gaps]).toEqual([1, 0])
}

it('a stream stays open while the log has no room, and gets what comes when there is', async () => {
  const database = new DatabaseSync(newFile())
  onTestFinished(() => database.close())
  const { server, told } = await serve(database)
  await livesThrough({
    server,
    told,
    code: 'log-full',
    fail: () => database.exec('PRAGMA max_page_count = 12'),
    mend: () => database.exec('PRAGMA max_page_count = 100000'),
  })
})

/** A file system of its own is mounted by root only, on Linux. */
function mount(directory: string, options: string): boolean {
  mkdirSync(directory, { recursive: true })
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory])
  return status === 0
}

/** Takes whatever is left of a disk, to the last byte. */
function fill(filler: string): void {
  for (let size = 1_048_576; size >= 1; size /= 2) {
    try {
      writeFileSync(filler, Buffer.alloc(size), { flag: 'a' })
    } catch {}
  }
}

it('a disk that has no room, or is read-only, is named when the log cannot be opened', async ({ skip }) => {
  const directory = join(dirname(newFile()), 'disk')
  if (!mount(directory, 'size=1m')) return skip('nothing can be mounted here')
  onTestFinished(() => void spawnSync('umount', ['-l', directory]))
  const path = join(directory, 'log.db')
  const broker = createSqliteBroker(path)
  onTestFinished(() => broker.close())
  const filler = join(directory, 'filler')
  const receiver = { entries() {}, discontinuity() {}, health() {}, signal() {} }
  fill(filler)
  await expect(broker.start(receiver)).rejects.toMatchObject({ code: 'log-full', value: path })
  rmSync(filler)
  const remount = (options: string) => spawnSync('mount', ['-o', `remount,${options}`, directory]).status
  expect(remount('ro,size=1m')).toBe(0)
  await expect(broker.start(receiver)).rejects.toMatchObject({ code: 'log-read-only', value: path })
  expect(remount('rw,size=1m')).toBe(0)
  await broker.start(receiver)
})

it('a stream stays open while the disk is full, and while it is read-only', async ({ skip }) => {
  const directory = join(dirname(newFile()), 'disk')
  if (!mount(directory, 'size=1m')) return skip('nothing can be mounted here')
  onTestFinished(() => void spawnSync('umount', ['-l', directory]))
  const filler = join(directory, 'filler')
  const { server, told } = await serve(join(directory, 'log.db'))
  await livesThrough({
    server,
    told,
    code: 'log-full',
    fail: () => fill(filler),
    mend: () => rmSync(filler),
  })

  const remount = (options: string) => spawnSync('mount', ['-o', `remount,${options}`, directory]).status
  // A disk with files open for writing is not made read-only by everyone.
  if (remount('ro,size=1m') !== 0) return
  await expect(server.hub.publish('news', 'x')).rejects.toMatchObject({ code: 'log-read-only' })
  remount('rw,size=1m')
  await expect.poll(() => server.hub.stats().broker, patience).toBe('up')
  expect(told.opened).toBe(1)
})
