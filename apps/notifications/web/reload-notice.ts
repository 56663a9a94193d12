import { useSse } from '@sse/vuex'
import { watch } from 'vue'
import { announceReload } from './toasts.ts'

/** Says, once the list is complete again, that it was fetched because events were missed. */
export function useReloadNotice(): void {
  const sse = useSse()
  watch(
    () => sse.stale,
    (isStale) => {
      if (!isStale) announceReload()
    },
  )
}
