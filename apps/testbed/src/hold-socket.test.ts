import { expect, onTestFinished, test } from 'vitest'
import { holdSocket } from './hold-socket.ts'
import { startProcess } from './process.ts'

/** Answers one request with its process id, and ends. */
const program = `
  const server = require('node:http').createServer((req, res) => {
    res.setHeader('Connection', 'close').end(String(process.pid))
    server.close()
  })
  server.listen({ fd: 3 }, () => console.log('listening', process.env.LISTEN_FDS))`

test('requests to a socket that is held wait for the next process that accepts', async () => {
  const socket = await holdSocket()
  onTestFinished(() => socket.release())
  const start = async () => {
    const running = await startProcess(process.execPath, ['-e', program], { ready: /listening 1/, socket })
    onTestFinished(async () => void (await running.kill('SIGKILL')))
    return running
  }
  const ask = async () => Number(await (await fetch(`http://127.0.0.1:${socket.port}`)).text())

  const first = await start()
  expect(await ask()).toBe(first.pid)
  await first.exited
  const waiting = ask()
  const second = await start()
  expect(await waiting).toBe(second.pid)
})
