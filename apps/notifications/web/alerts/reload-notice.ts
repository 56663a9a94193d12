import { useSse } from '@sse/vuex'
import { watch } from 'vue'
import { useToasts } from './toasts.ts'

/** Says, once the list is complete again, that it was fetched because events were missed. */
export function useReloadNotice(): void {
  const sse = useSse()
  const { announceReload } = useToasts()
  let wasComplete = false
  watch(
    () => ({ isStale: sse.stale, status: sse.status }),
    ({ isStale, status }, before) => {
      if (before.isStale && !isStale && wasComplete) announceReload()
      // Before that nobody has seen a list that something could be missing from.
      if (status === 'open' && !isStale) wasComplete = true
      if (status === 'closed') wasComplete = false
    },
  )
}
