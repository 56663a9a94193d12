import { createStore, type Store } from 'vuex'
import { api } from '../api.ts'
import { expiry } from './expiry.ts'
import { createNotifications } from './notifications.ts'
import { createSession } from './session.ts'
import { sse } from './sse.ts'
import type { RootState } from './state.ts'

export const store: Store<RootState> = createStore<RootState>({
  strict: import.meta.env.DEV,
  modules: { session: createSession(api), notifications: createNotifications(api) },
  plugins: [sse, expiry],
})
