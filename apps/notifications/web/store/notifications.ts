/** The inbox: what is in it, what is unread, and how it stays right while events and answers cross. */
import type { Module } from 'vuex'
import type { Draft, InboxItem, Notification, Read, Snapshot } from '../../shared/schemas.ts'
import { type Api, ApiError } from '../api.ts'
import type { RootState } from './state.ts'

export interface NotificationsState {
  /** Newest first. */
  items: InboxItem[]
  /** `failed`: the list could not be fetched and may miss something. */
  status: 'empty' | 'loading' | 'ready' | 'failed'
}

export function createNotifications(api: Api): Module<NotificationsState, RootState> {
  return {
    namespaced: true,

    state: () => ({ items: [], status: 'empty' }),

    getters: {
      unread: (state): InboxItem[] => state.items.filter((item) => !item.read),
    },

    mutations: {
      loading(state) {
        state.status = 'loading'
      },
      failed(state) {
        state.status = 'failed'
      },
      /** Merged, not replaced: an event may have come while the list was on its way. */
      loaded(state, items: readonly InboxItem[]) {
        state.items = merge(state.items, items)
        state.status = 'ready'
      },
      /** A notification from the stream. The same one may come twice, and after it was read. */
      add(state, notification: Notification) {
        state.items = merge(state.items, [{ ...notification, read: false }])
      },
      read(state, { ids }: Read) {
        setRead(state, ids, true)
      },
      /** Takes back a `read` that the server refused. */
      unread(state, { ids }: Read) {
        setRead(state, ids, false)
      },
      clear(state) {
        state.items = []
        state.status = 'empty'
      },
    },

    actions: {
      /** Fetches the list; returns the cursor that belongs to it. */
      async load({ commit, rootState }): Promise<string> {
        const reader = rootState.session.user?.id
        const isStillReader = () => rootState.session.user?.id === reader
        commit('loading')
        try {
          const snapshot: Snapshot = await api.notifications()
          if (isStillReader()) commit('loaded', snapshot.notifications)
          return snapshot.cursor
        } catch (error) {
          if (isStillReader()) commit('failed')
          throw error
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

      send: (_, draft: Draft): Promise<Notification> => api.send(draft),

      /** Shown at once, taken back when the server refuses. */
      async markRead({ commit, state }, ids: readonly number[]): Promise<void> {
        const wanted = state.items.filter((item) => !item.read && ids.includes(item.id)).map(({ id }) => id)
        if (wanted.length === 0) return
        commit('read', { ids: wanted })
        try {
          await api.markRead(wanted)
        } catch (error) {
          commit('unread', { ids: wanted })
          throw error
        }
      },
    },
  }
}

/** Upsert by id. What was read stays read, whichever of the two knows it. */
function merge(held: readonly InboxItem[], incoming: readonly InboxItem[]): InboxItem[] {
  const byId = new Map(held.map((item) => [item.id, item]))
  for (const item of incoming) {
    byId.set(item.id, { ...item, read: item.read || byId.get(item.id)?.read === true })
  }
  return [...byId.values()].sort((a, b) => b.id - a.id)
}

function setRead(state: NotificationsState, ids: readonly number[], read: boolean): void {
  const wanted = new Set(ids)
  state.items = state.items.map((item) => (wanted.has(item.id) ? { ...item, read } : item))
}
