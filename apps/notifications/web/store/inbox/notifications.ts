/** The inbox: what is in it, what is unread, and how it stays right while events and answers cross. */
import type { Module } from 'vuex'
import type { Draft, InboxItem, Notification } from '../../../shared/schemas.ts'
import { type Api, ApiError } from '../../http/api.ts'
import { isShown, searchOf, type View } from '../../inbox/views.ts'
import { type RootState, readerOf } from '../state.ts'
import { arrivals } from './arrivals.ts'
import { emptyInbox, inboxMutations, type NotificationsState } from './inbox-state.ts'
import { marking } from './marking.ts'

export type { NotificationsState } from './inbox-state.ts'

/** Milliseconds that the stream may take to bring what was sent. Then it is interrupted, and brings it later. */
const patience = 3_000

/** @param reached resolves when the store has everything up to the event of an id */
export function createNotifications(
  api: Api,
  reached: (id: string) => Promise<void>,
): Module<NotificationsState, RootState> {
  return {
    namespaced: true,
    state: emptyInbox,
    mutations: inboxMutations,

    getters: {
      /** What the present view shows. */
      shown: (state, _getters, rootState): InboxItem[] => {
        const reader = readerOf(rootState)
        const from = state.extents[state.view]?.from ?? Number.POSITIVE_INFINITY
        return state.items.filter((item) => item.id >= from && isShown(item, state.view, reader))
      },
      /** Unread ones that are loaded, for short lists of them. */
      unread: (state, _getters, rootState): InboxItem[] =>
        state.items.filter((item) => isShown(item, 'unread', readerOf(rootState))),
      hasMore: (state): boolean => typeof state.extents[state.view]?.next === 'number',
    },

    actions: {
      ...arrivals(api),
      ...marking(api),

      /** Fetches the newest page, and that of the present view; returns the cursor that belongs to it. */
      async load({ commit, dispatch, state, rootState }): Promise<string> {
        const reader = rootState.session.user?.id
        const isStillReader = () => rootState.session.user?.id === reader
        const before = state.events
        commit('loading')
        try {
          const snapshot = await api.notifications({ view: 'all' })
          if (!isStillReader()) return snapshot.cursor
          commit('loaded', { snapshot, since: before })
          if (state.events !== before) void dispatch('recount')
          await dispatch('loadView')
          if (isStillReader()) commit('ready')
          return snapshot.cursor
        } catch (error) {
          if (isStillReader()) commit('failed')
          throw error
        }
      },

      /** Fetches the first page of the present view, unless it is there. */
      async loadView({ commit, state, rootState }): Promise<void> {
        const { view } = state
        const reader = rootState.session.user?.id
        if (state.extents[view]) return
        const since = state.events
        const snapshot = await api.notifications({ view })
        // A search is over when another one is shown.
        const isWanted = rootState.session.user?.id === reader && (state.view === view || !searchOf(view))
        if (isWanted) commit('page', { view, snapshot, since })
      },

      /** A view that cannot be fetched says so where its list would be. */
      async show({ commit, dispatch, state }, view: View): Promise<void> {
        commit('view', view)
        if (state.extents[view] || state.status === 'loading') return
        try {
          await dispatch('loadView')
        } catch (error) {
          commit('viewFailed', view)
          if (!(error instanceof ApiError)) throw error
        }
      },

      /** Fetches again what failed. Called when the stream is open again, so the server can be reached. */
      async recover({ dispatch, state }): Promise<void> {
        if (state.status === 'failed') await dispatch('load')
        else if (state.hasViewFailed) await dispatch('show', state.view)
      },

      /** The next page of the present view. */
      async loadMore({ commit, state }): Promise<void> {
        const { view, extents } = state
        const next = extents[view]?.next
        if (typeof next !== 'number' || state.isLoadingMore) return
        const since = state.events
        commit('loadingMore', true)
        try {
          const snapshot = await api.notifications({ view, before: next })
          // Loaded anew meanwhile: then this is no longer the page after it.
          if (state.extents[view]?.next === next) commit('page', { view, snapshot, since })
        } finally {
          commit('loadingMore', false)
        }
      },

      /** Fetches the list and listens on from exactly there: nothing is lost between the two. */
      async open({ dispatch }): Promise<void> {
        try {
          const lastEventId = await dispatch('load')
          await dispatch('sse/connect', { lastEventId }, { root: true })
        } catch (error) {
          // The state says `failed`, and the page offers to try again.
          if (!(error instanceof ApiError)) throw error
        }
      },

      async close({ commit, dispatch }): Promise<void> {
        await dispatch('sse/disconnect', undefined, { root: true })
        commit('clear')
      },

      /** Sends it and, unless told not to, waits until the list has it. */
      async send(
        _,
        { draft, key, waits = true }: { draft: Draft; key: string; waits?: boolean },
      ): Promise<Notification> {
        const { notification, event } = await api.send(draft, key)
        if (waits && event !== undefined) {
          const late = new Promise<void>((resolve) => setTimeout(resolve, patience))
          // It is sent, even if the stream has ended.
          await Promise.race([reached(event).catch(() => {}), late])
        }
        return notification
      },
    },
  }
}
