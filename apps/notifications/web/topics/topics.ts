import { type ComputedRef, computed } from 'vue'
import { useStore } from 'vuex'
import type { Topic } from '../../shared/schemas.ts'
import { useAnnouncer } from '../alerts/announcer.ts'
import { useToasts } from '../alerts/toasts.ts'
import type { RootState } from '../store/state.ts'
import type { TopicChange } from '../store/topics.ts'
import { useWords } from '../words/index.ts'

/** A topic, and what this reader has chosen for it. */
export interface TopicChoice extends Topic {
  readonly isFollowed: boolean
  readonly isMuted: boolean
}

export interface TopicsView {
  readonly topics: ComputedRef<readonly TopicChoice[]>
  readonly followed: ComputedRef<readonly TopicChoice[]>
  find(id: string | undefined): TopicChoice | undefined
  follow(id: string, on: boolean): Promise<void>
  mute(id: string, on: boolean): Promise<void>
}

/** The store's topics, typed, for components. */
export function useTopics(): TopicsView {
  const store = useStore<RootState>()
  const { announceFailure } = useToasts()
  const { say } = useAnnouncer()
  const words = useWords()

  const topics = computed(() => {
    const { following, muted } = store.state.topics
    return store.state.session.topics.map((topic) => ({
      ...topic,
      isFollowed: following.includes(topic.id),
      isMuted: muted.includes(topic.id),
    }))
  })
  const find = (id: string | undefined) => topics.value.find((topic) => topic.id === id)

  async function change(
    what: TopicChange,
    told: { on: (name: string) => string; off: (name: string) => string },
  ) {
    try {
      await store.dispatch('topics/change', what)
      const name = find(what.topic)?.name ?? what.topic
      say(what.on ? told.on(name) : told.off(name))
    } catch (error) {
      announceFailure(error)
    }
  }

  return {
    topics,
    followed: computed(() => topics.value.filter(({ isFollowed }) => isFollowed)),
    find,
    follow(topic, on) {
      const { following, notFollowing } = words.value.said
      return change({ topic, kind: 'following', on }, { on: following, off: notFollowing })
    },
    mute(topic, on) {
      const { muted, unmuted } = words.value.said
      return change({ topic, kind: 'muted', on }, { on: muted, off: unmuted })
    },
  }
}
