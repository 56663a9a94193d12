/** What the stream brings, as actions of the inbox. */
import type { ActionContext } from 'vuex'
import type { Moved, Notification, Read, ReadAll } from '../../../shared/schemas.ts'
import { type Api, ApiError } from '../../http/api.ts'
import { isFor, topicOf, type View, wantsAttention } from '../../inbox/views.ts'
import { type RootState, readerOf } from '../state.ts'
import type { NotificationsState } from './inbox-state.ts'

type Context = ActionContext<NotificationsState, RootState>

/** As many single ones as are fetched one by one; for more the list is loaded anew. */
const few = 10

export function arrivals(api: Api) {
  let isCounting = false
  let isRefreshing = false

  return {
    /** New notifications, those of one frame at once. */
    receive({ commit, dispatch, state, rootState }: Context, notifications: readonly Notification[]): void {
      const reader = readerOf(rootState)
      // To another person: the session has changed in another tab, and the stream with it.
      if (notifications.some(({ to }) => topicOf(to) === undefined && !isFor(to, reader))) {
        void dispatch('session/look', undefined, { root: true })
      }
      const mine = notifications.filter(({ to }) => isFor(to, reader))
      const known = new Set(state.items.map(({ id }) => id))
      const fresh = mine.filter(({ id }) => id > state.countedTo && !known.has(id))
      const counted = fresh.filter(({ to, from }) =>
        wantsAttention({ to, read: from === reader.id, place: 'inbox' }, reader),
      ).length
      commit('event')
      commit('add', { notifications: mine, counted, reader: reader.id })
      if (fresh.some(({ from }) => from === reader.id)) void dispatch('refreshSent')
      // Older than the list and not in it: whether it was counted, only the server knows.
      const from = state.extents.all?.from ?? Number.POSITIVE_INFINITY
      const isLate = mine.some(({ id }) => id <= state.countedTo && id >= from && !known.has(id))
      if (isLate) void dispatch('recount')
    },

    /** Read in this tab or another. */
    async read({ commit, dispatch, state, rootState }: Context, { ids }: Read): Promise<void> {
      const reader = readerOf(rootState)
      const fresh = state.items.filter((item) => ids.includes(item.id) && wantsAttention(item, reader))
      const isKnown = knows(state, ids)
      commit('change', { change: { ids, read: true }, counted: -fresh.length })
      if (!isKnown) await dispatch('recount')
    },

    async unread({ commit, dispatch, state, rootState }: Context, { ids }: Read): Promise<void> {
      const reader = readerOf(rootState)
      const fresh = state.items.filter(
        (item) => item.read && ids.includes(item.id) && wantsAttention({ ...item, read: false }, reader),
      )
      const isKnown = knows(state, ids)
      commit('change', { change: { ids, read: false }, counted: fresh.length })
      if (isKnown) return
      await dispatch('fetchThese', ids)
      await dispatch('recount')
    },

    async readAll({ commit, dispatch }: Context, { upTo, topic }: ReadAll): Promise<void> {
      commit('change', { change: { upTo, topic, read: true }, counted: 0 })
      await dispatch('recount')
    },

    /** Archived, deleted or put back. What is no longer in the inbox is read; the stream has said so before. */
    async moved({ commit, dispatch, state }: Context, { ids, to }: Moved): Promise<void> {
      const isKnown = knows(state, ids)
      commit('change', { change: { ids, place: to }, counted: 0 })
      if (!isKnown && to !== 'deleted') await dispatch('fetchThese', ids)
    },

    /** Sent in another tab, to somebody else. */
    sent({ dispatch }: Context): Promise<void> {
      return dispatch('refreshSent')
    },

    /** Somebody has read what this user has sent. */
    seen({ dispatch }: Context): Promise<void> {
      return dispatch('refreshSent')
    },

    /** Fetches single notifications, wherever they stand. What there is not is left out. */
    async fetchThese({ commit, dispatch, state, rootState }: Context, ids: readonly number[]): Promise<void> {
      const reader = rootState.session.user?.id
      const since = state.events
      try {
        if (ids.length > few) return await dispatch('load')
        const asked = await Promise.allSettled(ids.map((id) => api.notification(id)))
        if (rootState.session.user?.id !== reader) return
        const items = asked.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
        commit('learned', { items, since })
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
      }
    },

    /** Fetches what this user has sent again, with who has read it: at once if it is shown, else when it is. */
    async refreshSent({ commit, state, rootState }: Context): Promise<void> {
      const view: View = 'sent'
      if (state.view !== view) return commit('forgotten', view)
      if (isRefreshing) return
      isRefreshing = true
      const reader = rootState.session.user?.id
      const isStillShown = () => state.view === view && rootState.session.user?.id === reader
      try {
        for (let before = -1; before !== state.events && isStillShown(); ) {
          before = state.events
          const snapshot = await api.notifications({ view })
          if (isStillShown()) commit('page', { view, snapshot, since: before })
        }
      } catch {
        // It stays as it was; the next one brings it.
      } finally {
        isRefreshing = false
      }
    },

    /** Asks the server how many are unread, until nothing came in between. */
    async recount({ commit, state, rootState }: Context): Promise<void> {
      if (isCounting) return
      isCounting = true
      const reader = rootState.session.user?.id
      try {
        for (let before = -1; before !== state.events; ) {
          before = state.events
          const { unread } = await api.notifications({ view: 'all', limit: 1 })
          if (rootState.session.user?.id !== reader) return
          if (before === state.events) commit('unread', unread)
        }
      } catch {
        // It stays as it was; the next load brings it.
      } finally {
        isCounting = false
      }
    },
  }
}

function knows({ items }: NotificationsState, ids: readonly number[]): boolean {
  const known = new Set(items.map(({ id }) => id))
  return ids.every((id) => known.has(id))
}
