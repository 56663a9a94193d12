import type { BenchEvent } from '../event.ts'
import type { Running } from './contestant.ts'
import { startFloor } from './floor-server.ts'

/** The least that Node can do: framed once, the whole turn in one buffer, one `socket.write` a client. */
export default async function start(): Promise<Running> {
  return startFloor((turn, sockets) => {
    const bytes = Buffer.from(turn.map(chunk).join(''))
    for (const socket of sockets) socket.write(bytes)
  })
}

/** One event as a chunk of HTTP/1.1. */
export function chunk(event: BenchEvent): string {
  const text = `data: ${JSON.stringify(event)}\n\n`
  return `${text.length.toString(16)}\r\n${text}\r\n`
}
