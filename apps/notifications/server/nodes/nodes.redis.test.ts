import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts, startProcess, until } from '@sse/testbed'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openToOthers } from '../../test/start-server.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'herald-nodes-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const app = join(import.meta.dirname, '../..')
const main = ['--conditions=@sse/source', 'server/main.ts', '--nodes']

const start = async (nodes: string, ready: RegExp, env: Record<string, string> = {}) =>
  startProcess(process.execPath, [...main, nodes], {
    cwd: app,
    env: { DATABASE_FILE: join(folder, 'test.sqlite'), PORT: String(await freePorts(2)), ...env },
    ready,
    timeout: 80_000,
  })

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('starts nodes on ports side by side with a Redis of their own, and takes all of it down again', async () => {
  const nodes = await start(
    '2',
    /node 1, pid (\d+)\] Notifications: (\S+)\n.*node 2, pid (\d+)\] Notifications: (\S+)/s,
  )
  const [, first, origin, second, other] = nodes.ready as string[]
  expect(Number(new URL(other!).port)).toBe(Number(new URL(origin!).port) + 1)
  for (const address of [origin, other]) {
    expect(await (await fetch(`${address}/healthz`)).json()).toEqual({ status: 'ok' })
  }
  expect(openToOthers(folder)).toEqual([])
  process.kill(nodes.pid, 'SIGTERM')
  expect(await nodes.exited).toEqual({ code: 0, signal: null })
  await until(() => !isAlive(Number(first)) && !isAlive(Number(second)))
  // Three processes start, one after the other.
}, 90_000)

test('says what to do where there is no Redis', async () => {
  const refused = await start('2', /never/, { REDIS_SERVER_PATH: join(folder, 'nothing') }).catch(String)
  expect(refused).toMatch(/Install one .* or name one that runs: REDIS_URL/)
})

test.each(['0', '17', 'two'])('refuses %s nodes', async (number) => {
  expect(await start(number, /never/).catch(String)).toContain(`--nodes ${number}: how many`)
})
