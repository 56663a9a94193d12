import type { SseModuleState } from '@sse/vuex'
import type { NotificationsState } from './notifications.ts'
import type { SessionState } from './session.ts'

export interface RootState {
  session: SessionState
  notifications: NotificationsState
  /** Kept by `@sse/vuex`. */
  sse: SseModuleState
}
