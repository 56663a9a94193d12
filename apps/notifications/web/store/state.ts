import type { SseModuleState } from '@sse/vuex'
import type { Reader } from '../inbox/views.ts'
import type { NotificationsState } from './inbox/inbox-state.ts'
import type { SessionState } from './session.ts'
import type { TopicsState } from './topics.ts'

export interface RootState {
  session: SessionState
  topics: TopicsState
  notifications: NotificationsState
  /** Kept by `@sse/vuex`. */
  sse: SseModuleState
}

/** The reader, and the topics that they follow. */
export function readerOf({ session, topics }: RootState): Reader {
  return { id: session.user?.id ?? '', ...topics }
}
