import { type ComputedRef, computed } from 'vue'
import { useStore } from 'vuex'
import type { RootState } from './store/state.ts'

/** Whether the page's own server is away: not the lines, which are cut on purpose. */
export function useLost(): ComputedRef<boolean> {
  const { state } = useStore<RootState>()
  return computed(() => state.control.status === 'waiting' || state.control.attempt > 0)
}
