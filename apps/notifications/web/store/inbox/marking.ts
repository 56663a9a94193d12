/** What the reader does to notifications: shown at once, taken back when the server refuses. */
import type { ActionContext } from 'vuex'
import type { InboxItem, Place } from '../../../shared/schemas.ts'
import type { Api } from '../../http/api.ts'
import { isFor, isShown, topicOf, wantsAttention } from '../../inbox/views.ts'
import { type RootState, readerOf } from '../state.ts'
import type { Change } from './changes.ts'
import type { NotificationsState } from './inbox-state.ts'

type Context = ActionContext<NotificationsState, RootState>

/** Puts these there; `isRead` of those that come back to the inbox, where there may be unread ones. */
export interface Moving {
  readonly ids: readonly number[]
  readonly to: Place
  readonly isRead?: boolean
}

/** The most that one request may name. */
const atOnce = 1000

export function marking(api: Api) {
  let lastKey = 0

  /** @param items those that change */
  async function make(
    { commit, state, rootState }: Context,
    items: readonly InboxItem[],
    what: Omit<Change, 'ids'>,
    ask: (ids: readonly number[]) => Promise<void>,
    counts?: number,
  ): Promise<void> {
    const reader = readerOf(rootState)
    lastKey++
    const key = lastKey
    const change = { ...what, ids: items.map(({ id }) => id) }
    const counting = (list: readonly InboxItem[]) =>
      list.filter((item) => wantsAttention(item, reader)).length
    const after = items.map(({ read, place, ...item }) => ({ ...item, read, place, ...what }))
    const counted = Math.max(-state.unread, counts ?? counting(after) - counting(items))
    commit('change', { change, counted, key })
    try {
      await ask(change.ids)
      commit('settled', key)
    } catch (error) {
      commit('takenBack', { key, before: items, counted })
      throw error
    }
  }

  return {
    async markRead(context: Context, wanted: readonly number[]): Promise<void> {
      const items = context.state.items.filter(({ id, read }) => !read && wanted.includes(id))
      if (items.length > 0) await make(context, items.slice(0, atOnce), { read: true }, api.markRead)
    },

    async markUnread(context: Context, wanted: readonly number[]): Promise<void> {
      const items = context.state.items.filter(
        ({ id, read, place }) => read && place === 'inbox' && wanted.includes(id),
      )
      if (items.length > 0) await make(context, items.slice(0, atOnce), { read: false }, api.markUnread)
    },

    async move(context: Context, { ids, to, isRead = true }: Moving): Promise<void> {
      const reader = readerOf(context.rootState)
      const items = context.state.items
        .filter((item) => ids.includes(item.id) && item.place !== to && isFor(item.to, reader))
        .slice(0, atOnce)
      if (items.length === 0) return
      await make(context, items, { place: to, read: isRead }, (ids) =>
        api.move({ ids: [...ids], to, unread: !isRead }),
      )
    },

    /** Everything that the present view stands for, loaded or not; of what came since, nothing. */
    async markAllRead(context: Context): Promise<void> {
      const { dispatch, state, rootState } = context
      const { view } = state
      const reader = readerOf(rootState)
      const items = state.items.filter((item) => !item.read && isShown(item, view, reader))
      if (view !== 'all' && view !== 'unread' && topicOf(view) === undefined)
        return dispatch(
          'markRead',
          items.map(({ id }) => id),
        )
      const upTo = state.items.find(({ to }) => isFor(to, reader))?.id
      if (upTo === undefined) return
      const topic = topicOf(view)
      const counts = topic === undefined ? -state.unread : undefined
      const ask = () => api.readAll({ upTo, ...(topic !== undefined && { topic }) })
      await make(context, items, { read: true }, ask, counts)
    },
  }
}
