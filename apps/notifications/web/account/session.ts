import { type ComputedRef, computed } from 'vue'
import { useStore } from 'vuex'
import type { Recipient, Session, Topic, User } from '../../shared/schemas.ts'
import { useToasts } from '../alerts/toasts.ts'
import { topicOf } from '../inbox/views.ts'
import type { SessionState } from '../store/session.ts'
import type { RootState } from '../store/state.ts'
import { useWords } from '../words/index.ts'

export interface SessionView {
  readonly user: ComputedRef<Session['user']>
  readonly users: ComputedRef<readonly User[]>
  readonly topics: ComputedRef<readonly Topic[]>
  readonly status: ComputedRef<SessionState['status']>
  restore(): Promise<void>
  signIn(id: string): Promise<void>
  signOut(): Promise<void>
  nameOf(user: string): string
  /** "everyone", "you", a person or a topic. */
  recipientName(to: Recipient): string
}

/** The store's session, typed, for components. */
export function useSession(): SessionView {
  const store = useStore<RootState>()
  const state = computed(() => store.state.session)
  const { announceFailure } = useToasts()
  const words = useWords()

  const nameOf = (id: string) => state.value.users.find((user) => user.id === id)?.name ?? id

  return {
    user: computed(() => state.value.user),
    users: computed(() => state.value.users),
    topics: computed(() => state.value.topics),
    status: computed(() => state.value.status),
    restore: () => store.dispatch('session/restore'),
    signIn: (id) => store.dispatch('session/signIn', id).catch(announceFailure),
    signOut: () => store.dispatch('session/signOut').catch(announceFailure),
    nameOf,
    recipientName(to) {
      if (to === 'all') return words.value.item.everyone
      const topic = topicOf(to)
      if (topic) return state.value.topics.find(({ id }) => id === topic)?.name ?? topic
      const id = to.slice('user:'.length)
      return id === state.value.user?.id ? words.value.item.you : nameOf(id)
    },
  }
}
