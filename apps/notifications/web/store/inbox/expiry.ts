import type { Store } from 'vuex'
import type { RootState } from '../state.ts'

/** Vuex plugin: a server that no longer knows us, after a sign-out in another tab, brings back signing in. */
export function expiry(store: Store<RootState>): void {
  store.watch(
    (state) => state.sse.reason,
    (reason) => {
      if (reason === 'unauthorized') void store.dispatch('session/expire')
    },
  )
}
