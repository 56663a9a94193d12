/** Marking as read: shown at once, taken back when the server refuses. */
import type { ActionContext } from 'vuex'
import type { Api } from '../../http/api.ts'
import { isShown, topicOf, wantsAttention } from '../../inbox/views.ts'
import { type RootState, readerOf } from '../state.ts'
import type { NotificationsState } from './inbox-state.ts'

type Context = ActionContext<NotificationsState, RootState>

/** The most that one request may name. */
const atOnce = 1000

export function reading(api: Api) {
  return {
    async markRead({ commit, state, rootState }: Context, wanted: readonly number[]): Promise<void> {
      const reader = readerOf(rootState)
      const items = state.items.filter(({ id, read }) => !read && wanted.includes(id)).slice(0, atOnce)
      if (items.length === 0) return
      const ids = items.map(({ id }) => id)
      const counted = items.filter((item) => wantsAttention(item, reader)).length
      commit('mark', { ids, read: true, counted })
      try {
        await api.markRead(ids)
      } catch (error) {
        commit('mark', { ids, read: false, counted })
        throw error
      }
    },

    /** Everything that the present view stands for, loaded or not; of what came since, nothing. */
    async markAllRead({ commit, dispatch, state, rootState }: Context): Promise<void> {
      const { view } = state
      const reader = readerOf(rootState)
      const items = state.items.filter((item) => !item.read && isShown(item, view, reader))
      if (view === 'direct')
        return dispatch(
          'markRead',
          items.map(({ id }) => id),
        )
      const upTo = state.items[0]?.id
      if (upTo === undefined) return
      const ids = items.map(({ id }) => id)
      const topic = topicOf(view)
      const counted =
        topic === undefined ? state.unread : items.filter((item) => wantsAttention(item, reader)).length
      commit('mark', { ids, read: true, counted })
      try {
        await api.readAll({ upTo, ...(topic !== undefined && { topic }) })
      } catch (error) {
        commit('mark', { ids, read: false, counted })
        throw error
      }
    },
  }
}
