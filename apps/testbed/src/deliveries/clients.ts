import { createSseClient } from '@sse/client'
import { EventSource } from 'eventsource'
import type { Ledger } from './ledger.ts'

/** A client that enters what it receives in the ledger of the run. */
export interface Client {
  readonly name: string
  /** How often it was connected. */
  readonly opened: number
  close(): void
}

/** `@sse/client`: one source after the other, the cursor handed on by the supervisor. */
export function supervised(name: string, url: string, ledger: () => Ledger): Client {
  const source = createSseClient<{ tick: string }>(url, { backoff: { base: 20, max: 100 }, parse: 'text' })
  const client = { name, opened: 0, close: () => source.close() }
  source.on('tick', (text, { id }) => ledger().receive(name, String(id), text))
  source.on('sse.gap', () => ledger().gap(name))
  source.on('sse.open', ({ resumed }) => {
    if (client.opened > 0 && resumed === null) ledger().faults.push(`${name}: came back without a cursor`)
    client.opened++
  })
  source.connect()
  return client
}

/** An EventSource that knows nothing of ours: it reconnects by itself with `Last-Event-ID`. */
export function plain(name: string, url: string, ledger: () => Ledger): Client {
  const source = new EventSource(url)
  const client = { name, opened: 0, close: () => source.close() }
  source.addEventListener('tick', ({ data, lastEventId }) => ledger().receive(name, lastEventId, data))
  source.addEventListener('sse.gap', () => ledger().gap(name))
  source.addEventListener('sse.open', () => void client.opened++)
  return client
}
