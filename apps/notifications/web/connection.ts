import { type ComputedRef, computed } from 'vue'
import { useStore } from 'vuex'
import { useSecondClock } from './clock.ts'
import type { RootState } from './store/state.ts'

/** `live`: events arrive. `busy`: on the way there. `offline`: they do not, for now or until somebody acts. */
export type ConnectionTone = 'live' | 'busy' | 'offline'

export interface Connection {
  readonly tone: ComputedRef<ConnectionTone>
  /** One word for it. */
  readonly word: ComputedRef<string>
  /** Seconds until the next attempt; undefined when none is planned. */
  readonly retryIn: ComputedRef<number | undefined>
  /** It was open and is not: what is shown may be old. */
  readonly isInterrupted: ComputedRef<boolean>
  reconnect(): Promise<void>
}

/** The state of the stream in the words of the page. */
export function useConnection(): Connection {
  const store = useStore<RootState>()
  const now = useSecondClock()
  const sse = computed(() => store.state.sse)

  const tone = computed((): ConnectionTone => {
    const { status, attempt } = sse.value
    if (status === 'open') return 'live'
    if (status === 'waiting' || status === 'closed') return 'offline'
    return attempt > 0 ? 'offline' : 'busy'
  })

  return {
    tone,
    word: computed(() => ({ live: 'Live', busy: 'Connecting', offline: 'Offline' })[tone.value]),
    retryIn: computed(() => {
      const { status, retryAt } = sse.value
      if (status !== 'waiting' || !retryAt) return undefined
      return Math.max(0, Math.ceil((retryAt - now.value.getTime()) / 1000))
    }),
    isInterrupted: computed(() => tone.value === 'offline'),
    reconnect: () => store.dispatch('sse/reconnect'),
  }
}
