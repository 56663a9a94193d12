import { useIntervalFn } from '@vueuse/core'
import { type Ref, ref } from 'vue'
import { useStore } from 'vuex'
import { useDelays } from './figures/figures.ts'
import type { RootState } from './store/state.ts'

/** Milliseconds until the line is mended; 0 while it is whole. */
export function useMending(): Readonly<Ref<number>> {
  const { state } = useStore<RootState>()
  const { now } = useDelays()
  const rest = ref(0)
  useIntervalFn(
    () => {
      rest.value = Math.max(0, (state.lab.cut?.until ?? 0) - now())
    },
    200,
    { immediateCallback: true },
  )
  return rest
}
