import { createStore, type Store } from 'vuex'
import { api } from '../http/api.ts'
import { elsewhere } from './elsewhere.ts'
import { expiry } from './inbox/expiry.ts'
import { createNotifications } from './inbox/notifications.ts'
import { recovery } from './inbox/recovery.ts'
import { createSession } from './session.ts'
import { createStream } from './sse.ts'
import type { RootState } from './state.ts'
import { createTopics } from './topics.ts'

export const sse = createStream(() => store.state.session.user?.id)

export const store: Store<RootState> = createStore<RootState>({
  strict: import.meta.env.DEV,
  modules: {
    session: createSession(api),
    topics: createTopics(api),
    notifications: createNotifications(api, sse.reached),
  },
  plugins: [sse, expiry, recovery, elsewhere(new BroadcastChannel('herald-session'))],
})

// A page from the back/forward cache has heard nothing of what the others said.
addEventListener('pageshow', ({ persisted }) => persisted && void store.dispatch('session/look'))
