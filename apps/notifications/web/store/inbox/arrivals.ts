/** What the stream brings, as actions of the inbox. */
import type { ActionContext } from 'vuex'
import type { Notification, Read, ReadAll } from '../../../shared/schemas.ts'
import type { Api } from '../../http/api.ts'
import { isFor, topicOf, wantsAttention } from '../../inbox/views.ts'
import { type RootState, readerOf } from '../state.ts'
import type { NotificationsState } from './inbox-state.ts'
import { tell, tellAll } from './told.ts'

type Context = ActionContext<NotificationsState, RootState>

export function arrivals(api: Api) {
  let isCounting = false

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
      const counted = fresh.filter((one) => wantsAttention({ ...one, read: false }, reader)).length
      commit('event')
      commit('add', { notifications: mine, counted })
      // Older than the list and not in it: whether it was counted, only the server knows.
      const from = state.extents.all?.from ?? Number.POSITIVE_INFINITY
      const isLate = mine.some(({ id }) => id <= state.countedTo && id >= from && !known.has(id))
      if (isLate) void dispatch('recount')
    },

    /** Read in this tab or another. */
    async read({ commit, dispatch, state, rootState }: Context, { ids }: Read): Promise<void> {
      const reader = readerOf(rootState)
      const known = new Set(state.items.map(({ id }) => id))
      const fresh = state.items.filter((item) => !item.read && ids.includes(item.id))
      commit('event', tell(state.told, ids))
      commit('mark', {
        ids: fresh.map(({ id }) => id),
        read: true,
        counted: fresh.filter((item) => wantsAttention(item, reader)).length,
      })
      if (!ids.every((id) => known.has(id))) await dispatch('recount')
    },

    async readAll({ commit, dispatch, state }: Context, what: ReadAll): Promise<void> {
      const { upTo, topic } = what
      const ids = state.items
        .filter(({ id, to }) => id <= upTo && (topic === undefined || topicOf(to) === topic))
        .map(({ id }) => id)
      commit('event', tellAll(state.told, what))
      commit('mark', { ids, read: true, counted: 0 })
      await dispatch('recount')
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
