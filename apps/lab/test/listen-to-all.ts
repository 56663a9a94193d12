import { until } from '@sse/testbed'
import { createSseClient } from '@sse/vuex'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { ownConnection } from '../server/crowd/get-json.ts'
import { now } from '../server/now.ts'
import {
  type LabEvent,
  type PerTransport,
  perTransport,
  type TransportEvents,
  transportNames,
} from '../shared/lab.ts'
import { startEtagPolling } from '../shared/transports/etag-polling.ts'
import { startLongPolling } from '../shared/transports/long-polling.ts'
import type { Receiver } from '../shared/transports/receiver.ts'
import { startShortPolling } from '../shared/transports/short-polling.ts'
import { startWebSocket } from '../shared/transports/websocket.ts'
import type { TestLab } from './start-lab.ts'

export interface SeenEvent extends LabEvent {
  /** Milliseconds from its making to its coming. */
  readonly delay: number
}

/** What each transport has brought so far, by the clients that the page runs too. */
export async function listenToAll({ urls }: TestLab, interval: number): Promise<PerTransport<SeenEvent[]>> {
  const seen = perTransport((): SeenEvent[] => [])
  const open = new Set<string>()
  const into = (name: keyof typeof seen): Receiver => ({
    events: (batch) => seen[name].push(...batch.map((event) => ({ ...event, delay: now() - event.at }))),
    status: (status) => (status === 'open' ? open.add(name) : open.delete(name)),
  })
  const getJson = async (url: string, signal: AbortSignal) => (await fetch(url, { signal })).json()
  // `fetch` in Node keeps no answers.
  const remembering = ownConnection()
  const sse = createSseClient<TransportEvents>(urls.sse, { backoff: { base: 50, max: 100 } })
  sse.on('tick', (event) => into('sse').events([event]))
  sse.on('sse.state', ({ status }) => into('sse').status(status === 'open' ? 'open' : 'waiting'))
  sse.connect()
  const clients = [
    startShortPolling({ url: urls.short, getJson, interval }, into('short')),
    startEtagPolling({ url: urls.etag, getJson: remembering.getJson, interval }, into('etag')),
    { stop: remembering.close },
    startLongPolling({ url: urls.long, getJson }, into('long')),
    startWebSocket(() => new WebSocket(urls.websocket.replace('http', 'ws')), into('websocket')),
    { stop: () => sse.close() },
  ]
  onTestFinished(() => {
    for (const client of clients) client.stop()
  })
  await until(() => open.size === transportNames.length)
  return seen
}
