import type { Store } from 'vuex'
import type { RootState } from './state.ts'

/** What is used of a BroadcastChannel. */
export interface TabsChannel {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: () => void): void
}

/** Vuex plugin: tabs share the cookie, so signing in or out in one tab does so in all. */
export function elsewhere(channel: TabsChannel): (store: Store<RootState>) => void {
  return (store) => {
    const tell = ({ type }: { type: string }) => {
      if (type === 'session/signIn' || type === 'session/signOut') channel.postMessage(type)
    }
    store.subscribeAction({ after: tell })
    channel.addEventListener('message', () => void store.dispatch('session/look'))
  }
}
