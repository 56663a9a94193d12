import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import type { BenchEvent } from '../event.ts'
import type { Running } from './contestant.ts'
import { startNginx } from './nginx.ts'

/**
 * nginx with the nchan module. Its publisher location is posted to over one connection that is kept alive, all events of a turn at once, one
 * request each; counted is the worker alone. Messages are not stored: a subscriber of nchan that comes back is not served from memory then.
 */
export default async function start(): Promise<Running> {
  const nginx = await startNginx()
  const socket = connect({ port: nginx.port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const answers = answersOf(socket)
  return {
    port: nginx.port,
    async publish(turn) {
      socket.write(turn.map(request).join(''))
      await answers(turn.length)
    },
    streams: async () => Number(/"subscribers":\s*(\d+)/.exec(await status(nginx.port))?.[1] ?? 0),
    cpu: () => Number(readFileSync(`/proc/${nginx.worker}/schedstat`, 'utf8').split(' ')[0]) / 1_000,
    rss: () =>
      1024 * Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${nginx.worker}/status`, 'utf8'))?.[1]),
    stop: nginx.stop,
  }
}

function request(event: BenchEvent): string {
  const body = JSON.stringify(event)
  return `POST /publish HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

const answer = /HTTP\/1\.1 (\d{3})/g

/** Waits for so many answers more. */
function answersOf(socket: Socket): (count: number) => Promise<void> {
  let text = ''
  let left = 0
  let done = () => {}
  socket.setEncoding('latin1').on('data', (part: string) => {
    text += part
    for (const [, status = ''] of text.matchAll(answer)) {
      if (!status.startsWith('20')) throw new Error(`nchan answered ${status}`)
      if (--left === 0) done()
    }
    // Less than a whole match: one that is cut in two is found with the next part.
    text = text.slice(-11)
  })
  return (count) =>
    new Promise((resolve) => {
      left = count
      done = resolve
    })
}

/** What a GET of the publisher location tells of the channel. */
async function status(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/publish`, {
    headers: { Accept: 'application/json' },
  })
  return response.text()
}
