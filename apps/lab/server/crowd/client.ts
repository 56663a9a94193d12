import { createSseClient } from '@sse/vuex'
import { WebSocket } from 'ws'
import {
  type PerTransport,
  type TransportEvents,
  type TransportName,
  transportPath,
} from '../../shared/lab.ts'
import { emptyLedger, enter, type Ledger } from '../../shared/ledger.ts'
import { startEtagPolling } from '../../shared/transports/etag-polling.ts'
import { startLongPolling } from '../../shared/transports/long-polling.ts'
import { reconnection } from '../../shared/transports/pause.ts'
import type { Polling, PollingOptions } from '../../shared/transports/polls.ts'
import type { ClientStatus, Receiver } from '../../shared/transports/receiver.ts'
import { startShortPolling } from '../../shared/transports/short-polling.ts'
import { startWebSocket } from '../../shared/transports/websocket.ts'
import { browserHeaders, fetchHeaders } from './browser-headers.ts'
import { ownConnection } from './get-json.ts'

/** One member of the crowd on one transport, by the same code that the page runs. */
export interface CrowdClient {
  readonly status: ClientStatus
  readonly ledger: Readonly<Ledger>
  reset(): void
  setInterval(interval: number): void
  stop(): void
}

type Start = (url: string, receiver: Receiver, interval: number) => Started

interface Started {
  stop(): void
  setInterval?(interval: number): void
}

const starts: PerTransport<Start> = {
  short: polled(startShortPolling),
  etag: polled(startEtagPolling),
  long(url, receiver) {
    const { getJson, close } = ownConnection()
    const client = startLongPolling({ url, getJson }, receiver)
    return { stop: both(client.stop, close) }
  },
  websocket: (url, receiver) =>
    startWebSocket(() => new WebSocket(url.replace('http', 'ws'), { headers: browserHeaders }), receiver),
  sse: startSse,
}

export function startCrowdClient(name: TransportName, port: number, interval: number): CrowdClient {
  let ledger = emptyLedger()
  let status: ClientStatus = 'connecting'
  const receiver: Receiver = {
    events(batch) {
      for (const { n } of batch) enter(ledger, n)
    },
    status(next) {
      status = next
    },
  }
  const client = starts[name](`http://127.0.0.1:${port}${transportPath[name]}`, receiver, interval)
  return {
    get status() {
      return status
    },
    get ledger() {
      return ledger
    },
    reset() {
      ledger = emptyLedger()
    },
    setInterval: (interval) => client.setInterval?.(interval),
    stop: () => client.stop(),
  }
}

function polled(start: (options: PollingOptions, receiver: Receiver) => Polling): Start {
  return (url, receiver, interval) => {
    const { getJson, close } = ownConnection()
    const client = start({ url, getJson, interval }, receiver)
    return { ...client, stop: both(client.stop, close) }
  }
}

/** A client that stops also gives up its connection. */
function both(stop: () => void, close: () => void): () => void {
  return () => {
    stop()
    close()
  }
}

function startSse(url: string, receiver: Receiver): Started {
  const client = createSseClient<TransportEvents>(url, { headers: fetchHeaders, backoff: reconnection })
  client.on('tick', (event) => receiver.events([event]))
  client.on('sse.state', ({ status }) => {
    if (status === 'open' || status === 'waiting' || status === 'connecting') receiver.status(status)
  })
  client.connect()
  return { stop: () => client.close() }
}
