import type { Running } from './contestant.ts'
import { chunk } from './floor.ts'
import { startFloor } from './floor-server.ts'

/** The floor for those who write each event as it comes: one `socket.write` a client and event. */
export default async function start(): Promise<Running> {
  return startFloor((turn, sockets) => {
    for (const event of turn) {
      const bytes = Buffer.from(chunk(event))
      for (const socket of sockets) socket.write(bytes)
    }
  })
}
