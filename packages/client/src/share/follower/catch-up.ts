import type { SseMeta } from '../../events/emitter.ts'
import type { SseClient } from '../../types.ts'
import { type Told, withLabels } from '../labels.ts'
import type { Wish } from '../protocol.ts'

export interface CatchUpOptions {
  /** Makes a client that connects from where the tab stands. */
  open(): SseClient
  readonly wishes: readonly Wish[]
  hear(told: Told): void
  /** The server has told everything up to a position; undefined: it gives the tab no stream. The connection is closed. */
  done(position: string | undefined): void
}

/** A connection of a tab's own, for as long as it takes to be told what the leader cannot give. */
export interface CatchUp {
  close(): void
}

/**
 * A tab stands where its leader does not know the way on: the server does. It gives the verdict on the position, what lies after it, and by
 * its first `sse.ping` how far that is.
 */
export function catchUp({ open, wishes, hear, done }: CatchUpOptions): CatchUp {
  const client = open()
  const listen = withLabels(client, hear)
  const tell = (value: object, { event, id }: SseMeta) =>
    hear({ event, data: JSON.stringify(value), lastEventId: id, channels: undefined })
  let isOver = false

  function close(): void {
    isOver = true
    client.close()
  }

  function end(position: string | undefined): void {
    if (isOver) return
    close()
    done(position)
  }

  client.on('sse.open', tell)
  client.on('sse.gap', tell)
  client.on('sse.channels', ({ channels, refused }, meta) => tell({ channels, refused }, meta))
  client.on('sse.ping', (_, { id }) => end(id))
  client.on('sse.state', ({ status }) => {
    if (status === 'closed') end(undefined)
  })
  const named = (kind: string) => wishes.filter((wish) => wish.startsWith(kind)).map((wish) => wish.slice(2))
  for (const name of named('n:')) listen(name)
  const channels = named('c:')
  if (channels.length > 0) client.subscribe(channels)
  client.connect()
  return { close }
}
