import { createInbox, type Inbox } from './inbox.ts'
import { createNotificationStore, type NotificationStore } from './notifications.ts'
import { createPlaceStore, type PlaceStore } from './places.ts'
import { createReadStore, type ReadStore } from './reads.ts'
import { createSendStore, type SendStore } from './sends.ts'
import { createSessionStore, type SessionStore } from './sessions.ts'
import { createTopicStore, type TopicStore } from './topics.ts'

/** Everything the app keeps, by concept. */
export interface Stores {
  readonly notifications: NotificationStore
  readonly inbox: Inbox
  readonly reads: ReadStore
  readonly places: PlaceStore
  readonly topics: TopicStore
  readonly sends: SendStore
  readonly sessions: SessionStore
}

export function createStores(): Stores {
  return {
    notifications: createNotificationStore(),
    inbox: createInbox(),
    reads: createReadStore(),
    places: createPlaceStore(),
    topics: createTopicStore(),
    sends: createSendStore(),
    sessions: createSessionStore(),
  }
}
