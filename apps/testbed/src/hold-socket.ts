import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** A socket that listens as long as the test wants, for one server process after the other to accept from. */
export interface HeldSocket {
  readonly port: number
  /** Of this process. `startProcess` hands it over. */
  readonly descriptor: number
  release(): Promise<void>
}

/** In a thread that stands still afterwards: Node would accept connections itself as soon as its event loop goes on. */
const holder = `
  const { parentPort } = require('node:worker_threads')
  const server = require('node:net').createServer()
  server.listen(0, '127.0.0.1', () => {
    parentPort.postMessage({ port: server.address().port, descriptor: server._handle.fd })
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })`

/** Listens on a free port of 127.0.0.1 and accepts nothing, as systemd does for a socket unit: connections wait for a process that does. */
export async function holdSocket(): Promise<HeldSocket> {
  const thread = new Worker(holder, { eval: true })
  const [held] = (await once(thread, 'message')) as [{ port: number; descriptor: number }]
  return { ...held, release: async () => void (await thread.terminate()) }
}
