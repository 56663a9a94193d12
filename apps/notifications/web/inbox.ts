import { type ComputedRef, computed } from 'vue'
import { useStore } from 'vuex'
import type { Draft, InboxItem, Notification } from '../shared/schemas.ts'
import type { NotificationsState } from './store/notifications.ts'
import type { RootState } from './store/state.ts'
import { announceFailure } from './toasts.ts'

export interface Inbox {
  readonly items: ComputedRef<readonly InboxItem[]>
  readonly unread: ComputedRef<readonly InboxItem[]>
  readonly status: ComputedRef<NotificationsState['status']>
  /** Fetches the list anew and connects. */
  open(): Promise<void>
  markRead(ids: readonly number[]): Promise<void>
  send(draft: Draft): Promise<Notification>
}

/** The store's inbox, typed, for components. */
export function useInbox(): Inbox {
  const store = useStore<RootState>()
  return {
    items: computed(() => store.state.notifications.items),
    unread: computed(() => store.getters['notifications/unread']),
    status: computed(() => store.state.notifications.status),
    open: () => store.dispatch('notifications/open'),
    markRead: (ids) => store.dispatch('notifications/markRead', ids).catch(announceFailure),
    send: (draft) => store.dispatch('notifications/send', draft),
  }
}
