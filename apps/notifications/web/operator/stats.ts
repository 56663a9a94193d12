import { createSseClient, type SseState } from '@sse/vuex'
import * as v from 'valibot'
import { onScopeDispose, type ShallowRef, shallowRef } from 'vue'
import { type Stats, statsSchema } from '../../shared/schemas.ts'

export interface StatsStream {
  /** Oldest first, one a second. */
  readonly samples: Readonly<ShallowRef<readonly Stats[]>>
  readonly state: Readonly<ShallowRef<SseState>>
  reconnect(): void
}

/** What the charts show: two minutes. */
const kept = 120

/** The operator's figures, by a stream of their own. A sample that is missed is missed: nothing is resumed. */
export function useStats(): StatsStream {
  const samples = shallowRef<readonly Stats[]>([])
  const client = createSseClient<{ stats: Stats }>('/admin/events', {
    parse: { stats: (text) => v.parse(statsSchema, JSON.parse(text)) },
  })
  const state = shallowRef<SseState>(client.state)
  client.on('sse.state', (next) => {
    state.value = next
  })
  client.on('stats', (sample) => {
    samples.value = [...samples.value, sample].slice(-kept)
  })
  client.connect()
  onScopeDispose(() => client.close())
  return { samples, state, reconnect: () => client.reconnect() }
}
