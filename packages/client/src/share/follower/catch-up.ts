import type { SseMeta } from '../../events/emitter.ts'
import type { SseClient } from '../../types.ts'
import { type LabelledEvent, LOG_EVENTS, toLabelled, withLabels } from '../labels.ts'
import { type Interest, namesIn } from '../protocol.ts'

export interface CatchUpOptions {
  /** Makes a client that connects at the tab's position. */
  open(): SseClient
  readonly interests: readonly Interest[]
  receive(event: LabelledEvent): void
  /** The tab has received everything up to a cursor. Undefined: the server refused the stream. The connection is closed. */
  done(cursor: string | undefined): void
}

/**
 * Connects one tab to the server because its leader does not have the events after the tab's position. The server says whether it can resume
 * there, sends the events, and marks the end with its first `sse.ping`.
 *
 * @returns closes the connection
 */
export function catchUp({ open, interests, receive, done }: CatchUpOptions): () => void {
  const client = open()
  const listen = withLabels(client, receive)
  const tell = (value: object, meta: SseMeta) => receive(toLabelled(value, meta))
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
  for (const name of [...LOG_EVENTS, ...namesIn(interests, 'n:')]) listen(name)
  const channels = namesIn(interests, 'c:')
  if (channels.length > 0) client.subscribe(channels)
  client.connect()
  return close
}
