/** The signed-in user of this page, and the users and topics that one can write to. */
import type { Module } from 'vuex'
import type { Session, Topic, User } from '../../shared/schemas.ts'
import { type Api, ApiError } from '../http/api.ts'
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
      /** At the start of the page: goes on as the user of the cookie. */
      async restore({ commit, dispatch }): Promise<void> {
        commit('asking')
        try {
          const [users, topics, session] = await Promise.all([api.users(), api.topics(), api.session()])
          commit('directory', { users, topics })
          await dispatch('become', session.user)
        } catch (error) {
          commit('failed')
          if (!(error instanceof ApiError)) throw error
        }
      },

      /** Also from one user to another. */
      async signIn({ dispatch, state }, id: string): Promise<void> {
        if (state.user?.id === id) return
        const session = await api.signIn(id)
        await dispatch('become', session.user)
      },

      async signOut({ dispatch }): Promise<void> {
        await api.signOut()
        await dispatch('expire')
      },

      /** Another tab may have signed in or out: takes the user of the cookie. */
      async look({ dispatch, state }): Promise<void> {
        const session = await api.session().catch(() => undefined)
        if (session && session.user?.id !== state.user?.id) await dispatch('become', session.user)
      },

      /** The server no longer knows us: back to signing in. */
      async expire({ dispatch }): Promise<void> {
        await dispatch('become', null)
      },

      /** Nothing of the one before stays: neither what is shown nor what is listened to. */
      async become({ commit, dispatch, state }, user: Session['user']): Promise<void> {
        if (state.user) {
          await dispatch('notifications/close', undefined, { root: true })
          await dispatch('topics/reset', { following: [], muted: [] }, { root: true })
        }
        commit('user', user)
        if (!user) return
        // The list is on its way before the page is drawn.
        await Promise.all([
          dispatch('topics/reset', { following: user.topics, muted: user.muted }, { root: true }),
          dispatch('notifications/open', undefined, { root: true }),
        ])
      },
    },
  }
}
