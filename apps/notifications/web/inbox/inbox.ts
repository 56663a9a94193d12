import { type ComputedRef, computed } from 'vue'
import { useStore } from 'vuex'
import type { Draft, InboxItem, Notification } from '../../shared/schemas.ts'
import { useAnnouncer } from '../alerts/announcer.ts'
import { useToasts } from '../alerts/toasts.ts'
import type { NotificationsState } from '../store/inbox/inbox-state.ts'
import { type RootState, readerOf } from '../store/state.ts'
import { useWords } from '../words/index.ts'
import { isMuted, isShown, type View } from './views.ts'

export interface Inbox {
  readonly view: ComputedRef<View>
  /** What the view shows, as far as it is loaded. */
  readonly shown: ComputedRef<readonly InboxItem[]>
  /** The unread ones among what is loaded. */
  readonly unread: ComputedRef<readonly InboxItem[]>
  /** All unread ones, without muted topics, as the server counts. */
  readonly unreadCount: ComputedRef<number>
  readonly hasMore: ComputedRef<boolean>
  readonly isLoadingMore: ComputedRef<boolean>
  readonly status: ComputedRef<NotificationsState['status']>
  /** The present view could not be fetched. */
  readonly hasFailed: ComputedRef<boolean>
  /** Whether anything of the present view has been loaded; an empty page counts. */
  readonly isLoaded: ComputedRef<boolean>
  /** Fetches the list anew and connects. */
  open(): Promise<void>
  /** Fetches again what failed. */
  retry(): Promise<void>
  show(view: View): Promise<void>
  loadMore(): Promise<void>
  markRead(ids: readonly number[]): Promise<void>
  markAllRead(): Promise<void>
  /** @param key of this draft: sent again with the same one, it is still sent once */
  send(draft: Draft, key: string): Promise<Notification>
  find(id: number): InboxItem | undefined
  isMuted(item: Pick<Notification, 'to'>): boolean
  /** Whether something unread is loaded that this view would show. */
  hasUnread(view: View): boolean
}

/** The store's inbox, typed, for components. */
export function useInbox(): Inbox {
  const store = useStore<RootState>()
  const state = computed(() => store.state.notifications)
  const { announceFailure } = useToasts()
  const { say } = useAnnouncer()
  const words = useWords()
  const attempt = (action: string, payload?: unknown): Promise<boolean> =>
    store.dispatch(`notifications/${action}`, payload).then(
      () => true,
      (error: unknown) => {
        announceFailure(error)
        return false
      },
    )

  return {
    view: computed(() => state.value.view),
    shown: computed(() => store.getters['notifications/shown']),
    unread: computed(() => store.getters['notifications/unread']),
    unreadCount: computed(() => state.value.unread),
    hasMore: computed(() => store.getters['notifications/hasMore']),
    isLoadingMore: computed(() => state.value.isLoadingMore),
    status: computed(() => state.value.status),
    hasFailed: computed(() => state.value.status === 'failed' || state.value.hasViewFailed),
    isLoaded: computed(() => state.value.extents[state.value.view] !== undefined),
    open: () => store.dispatch('notifications/open'),
    retry: () => store.dispatch(`notifications/${state.value.hasViewFailed ? 'recover' : 'open'}`),
    async show(view) {
      await attempt('show', view)
    },
    async loadMore() {
      await attempt('loadMore')
    },
    async markRead(ids) {
      if (await attempt('markRead', ids)) say(words.value.said.read(ids.length))
    },
    async markAllRead() {
      if (await attempt('markAllRead')) say(words.value.said.allRead)
    },
    send: (draft, key) => store.dispatch('notifications/send', { draft, key }),
    find: (id) => state.value.items.find((item) => item.id === id),
    isMuted: ({ to }) => isMuted(to, readerOf(store.state)),
    hasUnread: (view) => {
      const reader = readerOf(store.state)
      return state.value.items.some((item) => !item.read && isShown(item, view, reader))
    },
  }
}
