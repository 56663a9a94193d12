import { createSse, type SsePlugin } from '@sse/vuex'
import * as v from 'valibot'
import { type ControlEvents, labEventSchema, labStateSchema, type TransportEvents } from '../../shared/lab.ts'
import { reconnection } from '../../shared/transports/pause.ts'

/** The stream that is measured: its events go into its panel, and that is all there is to do. */
export const measuredStream = (url: string): SsePlugin =>
  createSse<TransportEvents>({
    url,
    events: { tick: { dispatch: 'panels/overSse', batch: true } },
    parse: { tick: (text) => v.parse(labEventSchema, JSON.parse(text)) },
    backoff: reconnection,
    // There is no list to load: what was missed is what the panel counts.
    resync: false,
  })

/** How the lab stands. It comes from the page's own server, not over the lines that are cut. */
export const controlStream = (): SsePlugin =>
  createSse<ControlEvents>({
    url: '/api/stream',
    namespace: 'control',
    events: { state: { dispatch: 'lab/told' } },
    parse: { state: (text) => v.parse(labStateSchema, JSON.parse(text)) },
    // Whatever was missed, the next one says everything.
    resync: false,
  })
