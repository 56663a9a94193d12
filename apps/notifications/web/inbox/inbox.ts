import { type ComputedRef, computed } from 'vue'
import { useStore } from 'vuex'
import type { Draft, InboxItem, Notification, Place } from '../../shared/schemas.ts'
import { useAnnouncer } from '../alerts/announcer.ts'
import { useToasts } from '../alerts/toasts.ts'
import type { NotificationsState } from '../store/inbox/inbox-state.ts'
import { type RootState, readerOf } from '../store/state.ts'
import { useWords } from '../words/index.ts'
import { isFor, isMuted, isShown, searchOf, topicOf, type View } from './views.ts'

export interface Inbox {
  readonly view: ComputedRef<View>
  /** What the view is called. */
  readonly title: ComputedRef<string>
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
  markUnread(ids: readonly number[]): Promise<void>
  markAllRead(): Promise<void>
  /** To the archive, back to the inbox, or away. It can be undone for a while, by the toast that says so, and by {@link undo}. */
  move(ids: readonly number[], to: Place): Promise<void>
  /** Takes back the last move, once. */
  undo(): Promise<void>
  /** Fetches one that may not be in the list, or with who has read it. */
  fetchOne(id: number): Promise<void>
  /**
   * @param key of this draft: sent again with the same one, it is still sent once
   * @param options `waits`: until it is in the list. Default true
   */
  send(draft: Draft, key: string, options?: { readonly waits: boolean }): Promise<Notification>
  find(id: number): InboxItem | undefined
  isMuted(item: Pick<Notification, 'to'>): boolean
  /** Whether this user receives it: what one has sent to somebody else one only sees. */
  isReceived(item: Pick<Notification, 'to'>): boolean
  /** Whether something unread is loaded that this view would show. */
  hasUnread(view: View): boolean
}

/** Takes back what was done last. */
let undoLast: (() => Promise<void>) | undefined

/** The store's inbox, typed, for components. */
export function useInbox(): Inbox {
  const store = useStore<RootState>()
  const state = computed(() => store.state.notifications)
  const { announceFailure, announceSuccess } = useToasts()
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

  async function undo(): Promise<void> {
    const run = undoLast
    undoLast = undefined
    await run?.()
  }

  /** They go back to where each was, and are unread again if they were. */
  function undoingOf(items: readonly InboxItem[]): () => Promise<void> {
    const groups = Map.groupBy(items, ({ place, read }) => `${place} ${read}`)
    return async () => {
      const done = await Promise.all(
        [...groups.values()].map((group) => {
          const { place: to, read: isRead } = group[0]!
          return attempt('move', { ids: group.map(({ id }) => id), to, isRead })
        }),
      )
      if (done.every(Boolean)) say(words.value.said.undone)
    }
  }

  return {
    view: computed(() => state.value.view),
    title: computed(() => {
      const { view } = state.value
      const { title, views, found } = words.value.inbox
      const search = searchOf(view)
      if (search !== undefined) return found(search)
      const topic = topicOf(view)
      if (topic !== undefined) return store.state.session.topics.find(({ id }) => id === topic)?.name ?? topic
      return view === 'all' ? title : views[view as keyof typeof views]
    }),
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
    async markUnread(ids) {
      if (await attempt('markUnread', ids)) say(words.value.said.unread(ids.length))
    },
    async move(ids, to) {
      const items = state.value.items.filter(({ id, place }) => ids.includes(id) && place !== to)
      if (items.length === 0 || !(await attempt('move', { ids, to }))) return
      const run = undoingOf(items)
      undoLast = run
      const { moved, undo: label, undoHint: hint } = words.value.toasts
      announceSuccess(moved[to](items.length), { label, hint, run })
    },
    undo,
    fetchOne: (id) => store.dispatch('notifications/fetchThese', [id]),
    async markAllRead() {
      if (await attempt('markAllRead')) say(words.value.said.allRead)
    },
    send: (draft, key, options) => store.dispatch('notifications/send', { draft, key, ...options }),
    find: (id) => state.value.items.find((item) => item.id === id),
    isMuted: ({ to }) => isMuted(to, readerOf(store.state)),
    isReceived: ({ to }) => isFor(to, readerOf(store.state)),
    hasUnread: (view) => {
      const reader = readerOf(store.state)
      return state.value.items.some((item) => !item.read && isShown(item, view, reader))
    },
  }
}
