import { expect } from 'vitest'
import { RawStream } from '../raw-stream.ts'
import { until } from '../until.ts'

/** How many connect at a time: on a busy machine the queue of the listening socket, 511 in Node, must hold them. */
const together = 500

export interface ReconnectStorm {
  /** Of the events. */
  readonly url: string
  /** The ids of all events, in the order of the log. */
  readonly ids: readonly string[]
  readonly clients: number
}

/** Clients that return at the same time, from different positions. Resolves when each has received what it missed. */
export async function reconnectStorm({ url, ids, clients }: ReconnectStorm): Promise<void> {
  const streams: Returned[] = []
  try {
    while (streams.length < clients) {
      const group = Array.from({ length: together }, (_, n) => ids[(streams.length + n) % ids.length]!)
      streams.push(...(await Promise.all(group.map((id) => comeBack(url, id)))))
    }
    for (const [n, stream] of streams.entries()) {
      const missed = ids.slice((n % ids.length) + 1)
      await until(() => stream.ids.length === missed.length)
      expect(stream.ids).toEqual(missed)
    }
  } finally {
    for (const { close } of streams) close()
  }
}

interface Returned {
  readonly ids: readonly string[]
  close(): void
}

/** Opens a stream from this event on. */
async function comeBack(url: string, lastEventId: string): Promise<Returned> {
  const ids: string[] = []
  const stream = await RawStream.open(url, { 'Last-Event-ID': lastEventId })
  stream.read((block) => {
    const [, id] = /^id: (.*)$/m.exec(block.toString()) ?? []
    if (id !== undefined && !/^event: sse\./m.test(block.toString())) ids.push(id)
  })
  return { ids, close: () => stream.close() }
}
