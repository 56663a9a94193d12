import type { Store } from 'vuex'
import { ApiError } from '../../http/api.ts'
import type { RootState } from '../state.ts'

/** Vuex plugin: when the stream is open again, what could not be fetched is fetched. */
export function recovery(store: Store<RootState>): void {
  store.watch(
    (state) => state.sse.status,
    (status) => {
      if (status !== 'open') return
      store.dispatch('notifications/recover').catch((error: unknown) => {
        // The page says that it failed, and offers to try again.
        if (!(error instanceof ApiError)) throw error
      })
    },
  )
}
