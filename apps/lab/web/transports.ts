/** Starts all transports against the server, each into its panel. */
import { watch } from 'vue'
import type { Store } from 'vuex'
import {
  type LabEvent,
  type PerTransport,
  perTransport,
  type TransportName,
  transportPath,
} from '../shared/lab.ts'
import { startEtagPolling } from '../shared/transports/etag-polling.ts'
import { startLongPolling } from '../shared/transports/long-polling.ts'
import type { GetJson, Receiver } from '../shared/transports/receiver.ts'
import { startShortPolling } from '../shared/transports/short-polling.ts'
import { startWebSocket } from '../shared/transports/websocket.ts'
import { perFrame } from './figures/frame.ts'
import type { RootState } from './store/state.ts'

/** On the host that the page came from, whatever it is called there. Each port has six connections of its own in every browser. */
export function transportUrls(ports: PerTransport<number>): PerTransport<string> {
  return perTransport((name) => {
    const url = new URL(transportPath[name], location.href)
    url.port = String(ports[name])
    if (name === 'websocket') url.protocol = url.protocol.replace('http', 'ws')
    return url.href
  })
}

export function startTransports(store: Store<RootState>, urls: PerTransport<string>): void {
  const { interval } = store.state.lab.settings
  const polls = [
    startShortPolling({ url: urls.short, getJson, interval }, intoPanel(store, 'short')),
    startEtagPolling({ url: urls.etag, getJson, interval }, intoPanel(store, 'etag')),
  ]
  watch(
    () => store.state.lab.settings.interval,
    (interval) => {
      for (const poll of polls) poll.setInterval(interval)
    },
  )
  startLongPolling({ url: urls.long, getJson }, intoPanel(store, 'long'))
  startWebSocket(() => new WebSocket(urls.websocket), intoPanel(store, 'websocket'))

  // The events of this one are in the store already, by its mapping.
  watch(
    () => store.state.sse.status,
    (status) => {
      if (status === 'connecting' || status === 'open' || status === 'waiting') {
        store.commit('panels/status', { name: 'sse', status })
      }
    },
  )
  void store.dispatch('sse/connect')
  void store.dispatch('control/connect')
}

function intoPanel(store: Store<RootState>, name: TransportName): Receiver {
  return {
    events: perFrame<LabEvent>((events) => void store.dispatch('panels/arrived', { name, events })),
    status(status) {
      // Polls say so every time.
      if (store.state.panels[name].status !== status) store.commit('panels/status', { name, status })
    },
  }
}

/** The browser keeps an answer that has an `ETag`, and gives it again when the server answers 304. */
const getJson: GetJson = async (url, signal) => {
  const answer = await fetch(url, { signal })
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`)
  return answer.json()
}
