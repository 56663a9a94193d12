import { createRequire } from 'node:module'
import { freePort, isLong, type RunningProcess, startProcess, until } from '@sse/testbed'
import { EventSource } from 'eventsource'
import { expect, it, onTestFinished } from 'vitest'
import { newFile } from '../src/log-file.test-kit.ts'

/** Milliseconds: longer than `start` waits for the process before. */
const drain = 3_000
const deploys = isLong ? 20 : 1

async function start(path: string): Promise<{ url: string; server: RunningProcess }> {
  const port = await freePort()
  const program = createRequire(import.meta.url).resolve('@sse/testbed/deploy-server')
  const shop = new URL('shop.ts', import.meta.url).href
  const args = ['--conditions=@sse/source', program, shop, String(port), String(drain), path]
  const server = await startProcess(process.execPath, args, { ready: /listening/ })
  onTestFinished(async () => void (await server.kill('SIGKILL')))
  return { url: `http://127.0.0.1:${port}`, server }
}

async function order(url: string, order: string, wait = 0): Promise<{ id: string }> {
  const headers = { 'Content-Type': 'application/json' }
  const body = JSON.stringify({ order, wait })
  const response = await fetch(`${url}/orders`, { method: 'POST', headers, body })
  expect(response.status).toBe(200)
  return (await response.json()) as { id: string }
}

it('a process that is started first waits for the one before to drain, and then publishes what it was given', async () => {
  const path = newFile()
  const old = await start(path)
  await order(old.url, 'from the old process')
  const streams = [1, 2, 3].map(() => new EventSource(`${old.url}/events`))
  onTestFinished(() => {
    for (const stream of streams) stream.close()
  })
  await expect.poll(() => streams.map(({ readyState }) => readyState)).toEqual([1, 1, 1])

  const young = await start(path)
  await until(() => young.server.output.includes('the log is down'))
  expect(young.server.output).toContain("code: 'log-locked'")
  const waiting = order(young.url, 'to the new process')
  await order(old.url, 'from the old process, meanwhile')
  const exit = await old.server.kill('SIGTERM')
  expect(exit).toEqual({ code: 0, signal: null })

  const { id } = await waiting
  expect(young.server.output).toContain('the log is up')
  const poll = await fetch(`${young.url}/events?lastEventId=none`, {
    headers: { Accept: 'application/json' },
  })
  expect(await poll.json()).toMatchObject({ cursor: id })
}, 60_000)

it(`requests that are under way at each of ${deploys} deploys are answered, and what they publish is in the log`, async () => {
  const path = newFile()
  let running = await start(path)
  for (let deploy = 1; deploy <= deploys; deploy++) {
    const { id } = await order(running.url, `before ${deploy}`)
    const texts = Array.from({ length: 20 }, (_, n) => `order ${deploy}.${n};`)
    const publishing = texts.map((text) => order(running.url, text, 300))
    await until(() => texts.every((text) => running.server.output.includes(`asked for ${text}`)))
    expect(await running.server.kill('SIGTERM')).toEqual({ code: 0, signal: null })
    const published = await Promise.all(publishing)

    running = await start(path)
    const address = `${running.url}/events?lastEventId=${id}`
    const poll = await fetch(address, { headers: { Accept: 'application/json' } })
    const { events } = (await poll.json()) as { events: { id: string; data: string }[] }
    expect(events.map((event) => event.id).sort()).toEqual(published.map((event) => event.id).sort())
    expect(events.map(({ data }) => data).sort()).toEqual(texts.sort())
  }
}, 600_000)
