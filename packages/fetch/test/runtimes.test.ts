import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { openStream } from '@sse/core/testing'
import { freePort, startProcess, until } from '@sse/testbed'
import { describe, expect, it, onTestFinished } from 'vitest'

/** Other runtimes, if they are installed: `npm install --global bun deno`. */
const runtimes = [
  ['bun', ['--conditions=@sse/source']],
  ['deno', ['run', '--allow-all', '--conditions=@sse/source']],
] as const

describe.each(runtimes)('on %s', (command, args) => {
  const isInstalled = spawnSync(command, ['--version']).status === 0

  async function start() {
    const port = await freePort()
    const program = join(import.meta.dirname, 'runtimes.server.ts')
    const server = await startProcess(command, [...args, program], {
      ready: /ready/,
      env: { PORT: String(port) },
    })
    onTestFinished(async () => void (await server.kill('SIGKILL')))
    const origin = `http://127.0.0.1:${port}`
    const stats = async () =>
      JSON.parse(await (await fetch(`${origin}/stats`)).text()) as {
        streams: number
        closed: Record<string, number>
      }
    const publish = (body: string) => fetch(`${origin}/publish`, { method: 'POST', body })
    return { origin, port, stats, publish }
  }

  it.runIf(isInstalled)('streams, replays, changes channels, polls and refuses as on Node', async () => {
    const { origin, stats, publish } = await start()
    const stream = await openStream(origin, '/events')
    const { data } = await stream.next('sse.open')
    await publish('one')
    const { id = '' } = await stream.next('message')
    await publish('two')
    using resumed = await openStream(origin, '/events', { lastEventId: id })
    expect((await resumed.next('message')).data).toBe('two')
    const changed = await fetch(`${origin}/events`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ stream: JSON.parse(data).stream, subscribe: ['more', 'secret'] }),
    })
    expect(JSON.parse(await changed.text())).toEqual({ channels: ['news', 'more'], refused: ['secret'] })
    const headers = { Accept: 'application/json' }
    const poll = await fetch(`${origin}/events?lastEventId=${id}`, { headers })
    expect(JSON.parse(await poll.text()).events).toMatchObject([{ data: 'two' }])
    const head = await fetch(`${origin}/events`, { method: 'HEAD' })
    expect(head.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const evil = await fetch(`${origin}/events`, { headers: { Origin: 'https://evil.example' } })
    expect(evil.status).toBe(403)
    stream.close()
    resumed.close()
    await until(async () => (await stats()).streams === 0)
  })

  it.runIf(isInstalled)('a client that takes nothing is cut off', async () => {
    const { port, stats, publish } = await start()
    const client = connect(port, '127.0.0.1').pause()
    onTestFinished(() => void client.destroy())
    client.on('error', () => {})
    await once(client, 'connect')
    client.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await until(async () => (await stats()).streams === 1)
    const closed = async () => (await stats()).closed['stalled']
    for (let count = 0; count < 1_000 && !(await closed()); count++) await publish('x'.repeat(60_000))
    await until(closed)
  })
})
