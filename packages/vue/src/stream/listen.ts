import type { SseMeta, SseState } from '@sse/client'
import type { Connection, Listen } from './connection.ts'

/** Adds listeners to the present client of a connection, and notes what consumers have to know of the event that is told. */
export function listenTo(connection: Connection): Listen {
  let last: SseMeta | undefined
  const on: Listen = (event, listener) => {
    const off = connection.client?.on(event as 'sse.state', (data: SseState, meta) => {
      if (event === 'sse.state') {
        if (connection.isRestarting && data.status === 'closed') return undefined
      } else if (meta !== last) {
        last = meta
        connection.hasOwnId = meta.id !== '' && meta.id !== connection.lastId
        connection.lastId = meta.id
      }
      // Only typed functions add listeners, so the name decides the type of their data.
      return listener(data as never, meta)
    })
    return () => off?.()
  }
  return connection.track?.(on) ?? on
}
