import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { startProcess } from './process.ts'

const node = process.execPath
const forever = 'setInterval(() => {}, 1000)'

test('is ready when its output says so, with what the pattern matched', async () => {
  const server = await startProcess(node, ['-e', `console.log('listening on 4711'); ${forever}`], {
    ready: /listening on (\d+)/,
  })
  expect(server.ready[1]).toBe('4711')
  expect(server.output).toContain('listening')
  expect(await server.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' })
})

test('gets the environment of the test and what is added to it', async () => {
  const code = "console.log(process.env.GREETING, 'from', process.env.PATH.length > 0)"
  const echo = await startProcess(node, ['-e', code], {
    env: { GREETING: 'hello' },
    ready: /hello from true/,
  })
  expect(await echo.exited).toEqual({ code: 0, signal: null })
})

test('can end by itself on the signal, and killing it again does nothing', async () => {
  const code = `process.on('SIGTERM', () => process.exit(7)); console.log('ready'); ${forever}`
  const server = await startProcess(node, ['-e', code], { ready: /ready/ })
  expect(await server.kill()).toEqual({ code: 7, signal: null })
  expect(await server.kill()).toEqual({ code: 7, signal: null })
})

test('a process that ends too early is an error with its output', async () => {
  const start = startProcess(node, ['-e', "console.error('no such port'); process.exit(3)"], {
    ready: /ready/,
  })
  await expect(start).rejects.toThrow(/ended with 3 before it was ready\nno such port/)
})

test('a process that is never ready is killed', async () => {
  const start = startProcess(node, ['-e', forever], { ready: /ready/, timeout: 1 })
  await expect(start).rejects.toThrow('not ready after 1 ms')
})

test('a command that does not exist is an error', async () => {
  await expect(startProcess('no-such-command', [], { ready: /ready/ })).rejects.toThrow('ENOENT')
})

test('what it started itself ends with it', async () => {
  const child = `require('node:child_process').spawn(process.execPath, ['-e', '${forever}'], { stdio: 'inherit' })`
  const running = await startProcess(node, ['-e', `${child}; console.log('ready'); ${forever}`], {
    ready: /ready/,
  })
  // The end is the end of the output, which both hold open.
  expect(await running.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' })
})

test.for([
  ['ends', 'process.exit()'],
  ['is ended by a signal', "process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000)"],
])('a test process that %s takes its processes along', async ([, end]) => {
  const server = createServer().listen(0, '127.0.0.1')
  const connected = once(server, 'connection')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const inner = `require('node:net').connect(${port}, '127.0.0.1', () => console.log('connected'))`
  const outer = `
    import { startProcess } from ${JSON.stringify(import.meta.resolve('./process.ts'))}
    await startProcess(process.execPath, ['-e', ${JSON.stringify(inner)}], { ready: /connected/ })
    console.log('connected')
    ${end}`
  await startProcess(node, ['--input-type=module', '-e', outer], { ready: /connected/ })
  const [socket] = await connected
  await once(
    socket.resume().on('error', () => {}),
    'close',
  )
  server.close()
})
