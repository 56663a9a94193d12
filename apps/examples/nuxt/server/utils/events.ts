import type { IncomingMessage, ServerResponse } from 'node:http'
import { createHub, sse } from '@sse/fetch'
import { toNodeHandler } from 'srvx/node'

export interface Notification {
  id: number
  title: string
}

export const hub = createHub<{ notification: Notification }>()
const open = sse({ hub })

/** Stands for the table of your database. */
export const notifications: Notification[] = []

/**
 * Answers with the stream. It is given Node's request and response, because they say when a client has left and how fast it reads. A `Response`
 * that is returned to h3 1 does not.
 */
export const openStream = toNodeHandler((request) =>
  open(request, (stream) => {
    stream.subscribe('news')
  }),
) as (request: IncomingMessage, response: ServerResponse) => Promise<void>
