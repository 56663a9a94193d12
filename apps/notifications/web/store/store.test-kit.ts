import { createStore } from 'vuex'
import type { InboxItem, Notification, Recipient, Session, Snapshot } from '../../shared/schemas.ts'
import type { Api } from '../http/api.ts'
import { createNotifications } from './inbox/notifications.ts'
import { createSession } from './session.ts'
import type { RootState } from './state.ts'
import { createTopics } from './topics.ts'

export const notification = (id: number, to: Recipient = 'all'): Notification => ({
  id,
  to,
  from: 'joon',
  title: `Number ${id}`,
  body: '',
  createdAt: '2026-11-21T12:00:00.000Z',
})

export const item = (id: number, read = false, to?: Recipient): InboxItem => ({
  ...notification(id, to),
  read,
  place: 'inbox',
})

/** The answer of the server: a page, the last one unless said otherwise. */
export const page = (notifications: InboxItem[], rest: Partial<Snapshot> = {}): Snapshot => ({
  notifications,
  cursor: `c${notifications[0]?.id ?? 0}`,
  next: null,
  unread: notifications.filter(({ read }) => !read).length,
  ...rest,
})

export const session = (user: string, topics: string[] = []): Session => ({
  user: { id: user, name: user, admin: false, topics, muted: [] },
})

/** The real modules in a strict store; the server and the stream are the test's. */
export function setUp(answers: Partial<Api> = {}, reached = (_id: string) => Promise.resolve()) {
  const unexpected = () => Promise.reject(new Error('not expected in this test'))
  const api: Api = {
    users: async () => [],
    topics: async () => [],
    session: async () => session('mina'),
    signIn: async (user) => session(user),
    signOut: async () => {},
    notifications: async () => page([]),
    send: unexpected,
    notification: unexpected,
    markRead: async () => {},
    markUnread: async () => {},
    move: async () => {},
    readAll: async () => {},
    setTopic: async () => {},
    ...answers,
  }
  /** What the stream was told to do. */
  const line: string[] = []
  const store = createStore<RootState>({
    strict: true,
    modules: {
      session: createSession(api),
      topics: createTopics(api),
      notifications: createNotifications(api, reached),
      sse: {
        namespaced: true,
        actions: {
          connect: (_, { lastEventId }) => void line.push(`connect ${lastEventId}`),
          disconnect: () => void line.push('disconnect'),
          subscribe: (_, channels) => void line.push(`subscribe ${channels}`),
          unsubscribe: (_, channels) => void line.push(`unsubscribe ${channels}`),
        },
      },
    },
  })
  const ids = (items: readonly InboxItem[]) => items.map(({ id, read }) => (read ? -id : id))
  return {
    store,
    line,
    /** Ids of all that is known, newest first; negative: read. */
    list: () => ids(store.state.notifications.items),
    /** The same of what the present view shows. */
    shown: () => ids(store.getters['notifications/shown']),
    unread: () => store.state.notifications.unread,
  }
}
