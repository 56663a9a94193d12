import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { freePort, type RunningProcess, startProcess, until } from '@sse/testbed'
import { type SseServer, type SseServerOptions, startSseServer } from '@sse/testbed/sse-server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createSseClient } from '../src/index.ts'
import createBroker from './sqlite-broker.ts'

/** How often the server goes away: `pnpm --filter @sse/client test:faults` for the long form. */
const FAULTS = Number(process.env['SSE_FAULTS'] ?? 5)

const patience = { timeout: 30_000 }

/** Server logs, and what they promise over a restart: one that survives loses nothing, one in memory says what it lost. */
const logs: readonly [
  name: string,
  hub: (path: string) => NonNullable<SseServerOptions['hub']>,
  survives: boolean,
][] = [
  ['a memory log', () => ({}), false],
  ['a log in a file', (path) => ({ broker: createBroker(path) }), true],
]

/** A generator whose course is in the test's name when it fails: run it again with SSE_SEED. */
const seed = Number(process.env['SSE_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
function createRandom(): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
}

/** A file that is not there yet. */
function newFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'sse-client-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return join(directory, 'log.db')
}

/** A connected client, and what it was told in order; `gap` where events may be missing. */
function listen(url: string) {
  const client = createSseClient(url, { backoff: { base: 5, max: 20 } })
  onTestFinished(() => client.close())
  const told: (number | 'gap')[] = []
  let opened = 0
  client.on('tick', (n) => told.push(Number(n)))
  client.on('sse.gap', () => told.push('gap'))
  client.on('sse.open', ({ resumed }) => {
    opened++
    // A first open that resumes nothing is not a gap: there was nothing before it.
    if (opened > 1 && resumed === null) told.push('gap')
  })
  client.connect()
  return { told, open: (count: number) => until(() => opened >= count, patience) }
}

describe.each(logs)('a server with %s', (_, hub, survives) => {
  it(`that goes away ${FAULTS} times under a stream leaves nothing unsaid (SSE_SEED=${seed})`, async () => {
    const random = createRandom()
    const port = await freePort()
    const path = newFile()
    let server: SseServer = await startSseServer({ port, hub: hub(path) })
    const { told, open } = listen(server.url)
    const promised: number[] = []
    const publish = async () => {
      const next = (promised.at(-1) ?? 0) + 1
      await server.hub.publish('news', next, { event: 'tick' })
      promised.push(next)
    }

    await open(1)
    for (let fault = 1; fault <= FAULTS; fault++) {
      for (let n = Math.floor(random() * 20); n > 0; n--) {
        await publish()
        if (random() < 0.3) await turn()
      }
      await server.stop()
      server = await startSseServer({ port, hub: hub(path) })
      // Published while nobody is there to hear it.
      for (let n = Math.floor(random() * 3); n > 0; n--) await publish()
      await open(fault + 1)
    }
    await publish()
    await until(() => told.at(-1) === promised.at(-1), patience)

    const heard = told.filter((one) => one !== 'gap')
    expect(heard).toEqual([...new Set(heard)].sort((a, b) => a - b)) // nothing twice, and in order
    if (survives) expect(told).toEqual(promised)
    else expect(told.length - heard.length).toBeGreaterThanOrEqual(FAULTS)
    // Whatever is missing, a gap stands where it is missing.
    let next = 0
    let excused = false
    for (const one of told) {
      if (one === 'gap') {
        excused = true
        continue
      }
      const at = promised.indexOf(one)
      if (at !== next)
        expect(excused, `${promised.slice(next, at)} lost before ${one}, and nothing said`).toBe(true)
      next = at + 1
      excused = false
    }
    console.info(`${FAULTS} stops: ${promised.length} events promised, ${heard.length} told`)
  }, 170_000)
})

describe('a server process with a log in a file', () => {
  it(`that is killed ${FAULTS} times under a stream loses and repeats nothing (SSE_SEED=${seed})`, async () => {
    const random = createRandom()
    const port = await freePort()
    const path = newFile()
    let server = await startServer(port, path)
    onTestFinished(async () => void (await server.kill('SIGKILL')))
    const url = `http://127.0.0.1:${port}`
    const { told, open } = listen(`${url}/events`)
    await open(1)

    let published = 0
    let isOver = false
    /** One after the other; what was not acknowledged is published again with the same key. */
    const publishing = (async () => {
      while (!isOver) {
        const next = published + 1
        const body = JSON.stringify([{ data: next, key: String(next) }])
        const request = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }
        await until(async () => (await fetch(`${url}/publish`, request)).ok, { ...patience, interval: 5 })
        published = next
      }
    })()
    publishing.catch(() => {}) // awaited below
    for (let fault = 1; fault <= FAULTS; fault++) {
      const due = published + Math.floor(random() * 40)
      await until(() => published >= due, { ...patience, interval: 1 })
      await server.kill('SIGKILL')
      server = await startServer(port, path)
      await open(fault + 1)
    }
    isOver = true
    await publishing
    await until(() => told.at(-1) === published, patience)
    expect(told).toEqual(Array.from({ length: published }, (_, index) => index + 1))
    console.info(`${FAULTS} kills: ${published} events published, ${told.length} told`)
  }, 600_000)
})

function startServer(port: number, path: string): Promise<RunningProcess> {
  const program = createRequire(import.meta.url).resolve('@sse/testbed/broker-server')
  const broker = new URL('sqlite-broker.ts', import.meta.url).href
  return startProcess(process.execPath, ['--conditions=@sse/source', program, broker, String(port), path], {
    ready: /listening on/,
  })
}
