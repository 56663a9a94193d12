import type { SseMeta } from '../../events/emitter.ts'
import type { SseClient } from '../../types.ts'
import { type LabelledEvent, withLabels } from '../labels.ts'
import type { Interest } from '../protocol.ts'

export interface CatchUpOptions {
  /** Makes a client that connects at the tab's position. */
  open(): SseClient
  readonly interests: readonly Interest[]
  receive(event: LabelledEvent): void
  /** The tab has received everything up to a cursor. Undefined: the server refused the stream. The connection is closed. */
  done(cursor: string | undefined): void
}

/** A connection of one tab, until it has received what the leader cannot give. */
export interface CatchUp {
  close(): void
}

/**
 * Connects one tab to the server because its leader does not have the events after the tab's position. The server says whether it can resume
 * there, sends the events, and marks the end with its first `sse.ping`.
 */
export function catchUp({ open, interests, receive, done }: CatchUpOptions): CatchUp {
  const client = open()
  const listen = withLabels(client, receive)
  const tell = (value: object, { event, id }: SseMeta) =>
    receive({ event, data: JSON.stringify(value), lastEventId: id, channels: undefined })
  let isOver = false

  function close(): void {
    isOver = true
    client.close()
  }

  function end(cursor: string | undefined): void {
    if (isOver) return
    close()
    done(cursor)
  }

  client.on('sse.open', tell)
  client.on('sse.gap', tell)
  client.on('sse.channels', ({ channels, refused }, meta) => tell({ channels, refused }, meta))
  client.on('sse.ping', (_, { id }) => end(id))
  client.on('sse.state', ({ status }) => {
    if (status === 'closed') end(undefined)
  })
  const named = (kind: string) =>
    interests.filter((interest) => interest.startsWith(kind)).map((interest) => interest.slice(2))
  for (const name of named('n:')) listen(name)
  const channels = named('c:')
  if (channels.length > 0) client.subscribe(channels)
  client.connect()
  return { close }
}
