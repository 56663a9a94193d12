import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The program's side of `startServer`: it tells its port, and then answers each command. */
export async function serveParent<Command>(
  app: RequestListener,
  answer: (command: Command) => unknown,
): Promise<Server> {
  const server = createServer(app).listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  process.on('disconnect', () => process.exit())
  process.on('message', async (command: Command) => process.send?.((await answer(command)) ?? null))
  process.send?.(port)
  return server
}

/** A command to a program of `overloadTests`: publishes so many events more. */
export interface PublishCommand {
  readonly count: number
  /** Bytes of the data of each: its number, eight digits, filled up. */
  readonly size: number
}

export interface PublishAnswer {
  /** The number of the last event. */
  readonly last: number
  /** Bytes of memory of this process, at the end and at most since the command came. */
  readonly rss: number
  readonly peak: number
}

/** Publishes numbered events by command, and measures the memory of this process. */
export function createPublisher(publish: (data: string) => Promise<unknown>) {
  let last = 0
  return async ({ count, size }: PublishCommand): Promise<PublishAnswer> => {
    let peak = 0
    for (const end = last + count; last < end; ) {
      last++
      await publish(String(last).padStart(8, '0').padEnd(size, '.'))
      peak = Math.max(peak, process.memoryUsage.rss())
    }
    return { last, rss: process.memoryUsage.rss(), peak }
  }
}
