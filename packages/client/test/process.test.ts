import { createScriptedServer, startProcess } from '@sse/testbed'
import { expect, it } from 'vitest'

const start = (url: string, ...args: string[]) =>
  startProcess(process.execPath, ['--conditions=@sse/source', 'test/service.ts', url, ...args], {
    cwd: new URL('..', import.meta.url).pathname,
    ready: /connecting/,
  })

it('a service that has heard enough ends by itself: nothing of a closed client keeps it', async () => {
  const server = await createScriptedServer()
  const service = await start(server.url, '2')
  const stream = await server.next()
  stream.open()
  stream.send({ event: 'sse.open', data: { stream: 's', heartbeat: 15_000, resumed: null }, id: '0' })
  stream.send({ event: 'tick', data: 'a', id: '1' })
  stream.send({ event: 'tick', data: 'b', id: '2' })
  expect(await service.exited).toEqual({ code: 0, signal: null })
  expect(service.output.trim().split('\n')).toEqual(['connecting', 'open', '1 a', '2 b', 'closed'])
})

it('a service ends when the server says so', async () => {
  const server = await createScriptedServer()
  const service = await start(server.url)
  const stream = await server.next()
  stream.open()
  stream.send({ event: 'tick', data: 'a', id: '1' })
  stream.send({ event: 'sse.close', data: { reconnect: false, reason: 'done' } })
  expect(await service.exited).toEqual({ code: 0, signal: null })
  expect(service.output.trim().split('\n').sort()).toEqual(['1 a', 'closed', 'connecting', 'open'])
})

it('a service that waits for its server lives on', async () => {
  const server = await createScriptedServer()
  const service = await start(server.url)
  const stream = await server.next()
  stream.answer(503)
  await expect.poll(() => service.output).toContain('waiting')
  expect(await service.kill()).toEqual({ code: null, signal: 'SIGTERM' })
})
