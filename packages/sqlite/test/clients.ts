import { createSseClient } from '@sse/client'
import { EventSource } from 'eventsource'
import { onTestFinished } from 'vitest'
import type { Ledger } from './ledger.ts'

/** A client that enters what it receives in the ledger, and what it must never be told. */
export interface Client {
  readonly name: string
  /** How often it was connected. */
  readonly opened: number
}

/** `@sse/client`: one source after the other, the cursor handed on by the supervisor. */
export function supervised(
  name: string,
  url: string,
  ledger: Ledger,
  backoff = { base: 20, max: 100 },
): Client {
  const client = { name, opened: 0 }
  const source = createSseClient<{ tick: string }>(url, { backoff, parse: 'text' })
  source.on('tick', (text, { id }) => ledger.receive(name, String(id), text))
  source.on('sse.gap', ({ reason, requested }) =>
    ledger.faults.push(`${name}: gap ${reason} at ${requested}`),
  )
  source.on('sse.open', ({ resumed }) => {
    if (client.opened > 0 && resumed !== true) ledger.faults.push(`${name}: not resumed but ${resumed}`)
    client.opened++
  })
  source.connect()
  onTestFinished(() => source.close())
  return client
}

/** An EventSource that knows nothing of ours: it reconnects by itself with `Last-Event-ID`. */
export function plain(name: string, url: string, ledger: Ledger): Client {
  const client = { name, opened: 0 }
  const source = new EventSource(url)
  source.addEventListener('tick', ({ data, lastEventId }) => ledger.receive(name, lastEventId, data))
  source.addEventListener('sse.gap', ({ data }) => ledger.faults.push(`${name}: gap ${data}`))
  source.addEventListener('sse.open', ({ data }) => {
    if (client.opened > 0 && JSON.parse(data).resumed !== true)
      ledger.faults.push(`${name}: not resumed: ${data}`)
    client.opened++
  })
  onTestFinished(() => source.close())
  return client
}
