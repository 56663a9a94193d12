import { useSse } from '@sse/vuex'
import { useOnline } from '@vueuse/core'
import { type ComputedRef, computed, type Ref } from 'vue'
import { useSecondClock } from '../parts/clock.ts'

/** `live`: events arrive. `busy`: on the way there. `offline`: they do not, for now or until somebody acts. */
export type ConnectionTone = 'live' | 'busy' | 'offline'

export interface Connection {
  readonly tone: ComputedRef<ConnectionTone>
  /** Seconds until the next attempt; undefined when none is planned. */
  readonly retryIn: ComputedRef<number | undefined>
  /** It was open and is not: what is shown may be old. */
  readonly isInterrupted: ComputedRef<boolean>
  /** Whether the device says that it has a network. A yes proves nothing. */
  readonly isOnline: Readonly<Ref<boolean>>
  reconnect(): Promise<unknown>
}

/** The state of the stream in the terms of the page. */
export function useConnection(): Connection {
  const sse = useSse()
  const now = useSecondClock()

  const tone = computed((): ConnectionTone => {
    if (sse.status === 'open') return 'live'
    if (sse.status === 'waiting' || sse.status === 'closed') return 'offline'
    return sse.attempt > 0 ? 'offline' : 'busy'
  })

  return {
    tone,
    retryIn: computed(() => {
      if (sse.retryAt === null) return undefined
      return Math.max(0, Math.ceil((sse.retryAt - now.value.getTime()) / 1000))
    }),
    isInterrupted: computed(() => tone.value === 'offline'),
    isOnline: useOnline(),
    reconnect: () => sse.reconnect(),
  }
}
