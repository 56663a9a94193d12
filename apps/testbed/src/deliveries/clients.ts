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

/** What a client has to resume after a reconnect: everything, so that a gap is a fault; or a cursor at least, so that gaps are told. */
export type Resumes = 'everything' | 'a cursor'

/** A client of `@sse/client` with `parse: 'text'`. It is not connected yet. */
interface SupervisedClient {
  on(event: never, listener: never): unknown
  connect(): void
  close(): void
}

/** `@sse/client`: each connection gets the cursor from the supervisor. */
export function supervised(
  name: string,
  source: SupervisedClient,
  ledger: () => Ledger,
  resumes: Resumes,
): Client {
  const client = clientOf(name, source, ledger, resumes)
  const on = source.on as (event: string, listener: (data: never, meta: { id: string }) => void) => void
  on('tick', (text: string, { id }) => ledger().receive(name, id, text))
  on('sse.gap', client.gap)
  on('sse.open', client.open)
  source.connect()
  return client
}

/** An EventSource, which reconnects by itself with `Last-Event-ID`. */
export function plain(
  name: string,
  source: EventTarget & { close(): void },
  ledger: () => Ledger,
  resumes: Resumes,
): Client {
  const client = clientOf(name, source, ledger, resumes)
  const on = (event: string, listener: (message: MessageEvent<string>) => void) =>
    source.addEventListener(event, (message) => listener(message as MessageEvent<string>))
  on('tick', ({ data, lastEventId }) => ledger().receive(name, lastEventId, data))
  on('sse.gap', ({ data }) => client.gap(JSON.parse(data)))
  on('sse.open', ({ data }) => client.open(JSON.parse(data)))
  return client
}

/** The clients of one server, which reconnect soon. */
export function oneOfEachKind(events: string, index: number, ledger: () => Ledger): Client[] {
  const client = createSseClient<{ tick: string }>(events, { backoff: { base: 20, max: 100 }, parse: 'text' })
  return [
    supervised(`supervised ${index}`, client, ledger, 'a cursor'),
    plain(`plain ${index}`, new EventSource(events), ledger, 'a cursor'),
  ]
}

function clientOf(name: string, source: { close(): void }, ledger: () => Ledger, resumes: Resumes) {
  const client = {
    name,
    opened: 0,
    close: () => source.close(),
    gap(gap: object) {
      ledger().gap(name)
      if (resumes === 'everything') ledger().faults.push(`${name}: gap ${JSON.stringify(gap)}`)
    },
    open({ resumed }: { readonly resumed: boolean | null }) {
      const isGood = resumes === 'everything' ? resumed === true : resumed !== null
      if (client.opened > 0 && !isGood) ledger().faults.push(`${name}: opened with resumed: ${resumed}`)
      client.opened++
    },
  }
  return client
}
