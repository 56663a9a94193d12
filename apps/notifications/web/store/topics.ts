/** What the reader follows and has muted, and the channels that come of it. */
import type { Module } from 'vuex'
import type { Topics } from '../../shared/schemas.ts'
import type { Api } from '../http/api.ts'
import type { RootState } from './state.ts'

/** Ids of topics. */
export interface TopicsState {
  following: string[]
  muted: string[]
}

/** One switch of one topic. */
export interface TopicChange {
  readonly topic: string
  readonly kind: keyof TopicsState
  readonly on: boolean
}

const channel = (topic: string) => `topic:${topic}`

export function createTopics(api: Api): Module<TopicsState, RootState> {
  /** What the stream was asked for: differs from what is followed while the server has not yet agreed. */
  let listening: readonly string[] = []

  return {
    namespaced: true,
    state: () => ({ following: [], muted: [] }),

    mutations: {
      set(state, { following, muted }: Topics) {
        Object.assign(state, { following: [...following], muted: [...muted] })
      },
      change(state, { topic, kind, on }: TopicChange) {
        const others = state[kind].filter((other) => other !== topic)
        state[kind] = on ? [...others, topic] : others
      },
    },

    actions: {
      /** Brings the channels of the stream, open or not, to what is followed. */
      async listen({ dispatch }, following: readonly string[]): Promise<void> {
        const added = following.filter((topic) => !listening.includes(topic))
        const gone = listening.filter((topic) => !following.includes(topic))
        listening = [...following]
        if (added.length > 0) await dispatch('sse/subscribe', added.map(channel), { root: true })
        if (gone.length > 0) await dispatch('sse/unsubscribe', gone.map(channel), { root: true })
      },

      /** Somebody signed in, or (nothing at all) out. */
      async reset({ commit, dispatch }, topics: Topics): Promise<void> {
        commit('set', topics)
        await dispatch('listen', topics.following)
      },

      /** Told by the stream, after a change in this tab or another. */
      async changed({ commit, dispatch, state }, topics: Topics): Promise<void> {
        const isNews = topics.following.some((topic) => !listening.includes(topic))
        const was = JSON.stringify([listening, state.muted])
        commit('set', topics)
        await dispatch('listen', topics.following)
        // The list of before knows nothing of what a topic brought while it was not followed.
        if (isNews) await dispatch('notifications/load', undefined, { root: true })
        else if (was !== JSON.stringify([topics.following, topics.muted])) {
          await dispatch('notifications/recount', undefined, { root: true })
        }
      },

      /** Shown at once, taken back when the server refuses. */
      async change({ commit, dispatch, state }, change: TopicChange): Promise<void> {
        if (state[change.kind].includes(change.topic) === change.on) return
        commit('change', change)
        try {
          await api.setTopic(change)
        } catch (error) {
          commit('change', { ...change, on: !change.on })
          throw error
        }
        // The stream tells it too, in this tab later than the answer or not at all while it is away.
        await dispatch('changed', { following: state.following, muted: state.muted })
        if (change.kind === 'muted') await dispatch('notifications/recount', undefined, { root: true })
      },
    },
  }
}
