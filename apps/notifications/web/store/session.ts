/** Who is signed in on this page, and whom and what one can write to. */
import type { Module } from 'vuex'
import type { Session, Topic, User } from '../../shared/schemas.ts'
import { type Api, ApiError } from '../api.ts'
import type { RootState } from './state.ts'

export interface SessionState {
  user: Session['user']
  users: User[]
  topics: Topic[]
  /** `failed`: the server could not be asked who is signed in. */
  status: 'asking' | 'ready' | 'failed'
}

export function createSession(api: Api): Module<SessionState, RootState> {
  return {
    namespaced: true,

    state: () => ({ user: null, users: [], topics: [], status: 'asking' }),

    mutations: {
      asking(state) {
        state.status = 'asking'
      },
      failed(state) {
        state.status = 'failed'
      },
      directory(state, { users, topics }: { users: User[]; topics: Topic[] }) {
        state.users = users
        state.topics = topics
      },
      user(state, user: Session['user']) {
        state.user = user
        state.status = 'ready'
      },
    },

    actions: {
      /** At the start of the page: goes on as whoever the cookie says. */
      async restore({ commit, dispatch }): Promise<void> {
        commit('asking')
        try {
          const [users, topics, session] = await Promise.all([api.users(), api.topics(), api.session()])
          commit('directory', { users, topics })
          commit('user', session.user)
          if (session.user) await dispatch('notifications/open', undefined, { root: true })
        } catch (error) {
          commit('failed')
          if (!(error instanceof ApiError)) throw error
        }
      },

      /** Also from one user to another. */
      async signIn({ commit, dispatch, state }, id: string): Promise<void> {
        if (state.user?.id === id) return
        const session = await api.signIn(id)
        await dispatch('notifications/close', undefined, { root: true })
        commit('user', session.user)
        await dispatch('notifications/open', undefined, { root: true })
      },

      async signOut({ dispatch }): Promise<void> {
        await api.signOut()
        await dispatch('expire')
      },

      /** The server no longer knows us: back to signing in. */
      async expire({ commit, dispatch }): Promise<void> {
        await dispatch('notifications/close', undefined, { root: true })
        commit('user', null)
      },
    },
  }
}
