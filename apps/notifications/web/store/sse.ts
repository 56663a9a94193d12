import { createSse, type SsePlugin } from '@sse/vuex'
import * as v from 'valibot'
import { eventSchemas, type NotificationEvents } from '../../shared/schemas.ts'

/**
 * The stream of the signed-in user, as Vuex actions. The whole wiring between server and store is here.
 *
 * @param reader id of the user whose stream is opened, asked at every connect
 */
export function createStream(reader: () => string | undefined): SsePlugin {
  return createSse<NotificationEvents>({
    url: '/events',
    // All tabs of one user have one connection. The key is asked for whenever a tab joins, so it is that of the user who is signed in then.
    share: {
      get key() {
        return reader()
      },
    },
    events: {
      notification: { dispatch: 'notifications/receive', batch: true },
      read: { dispatch: 'notifications/read' },
      unread: { dispatch: 'notifications/unread' },
      'read-all': { dispatch: 'notifications/readAll' },
      moved: { dispatch: 'notifications/moved' },
      sent: { dispatch: 'notifications/sent' },
      seen: { dispatch: 'notifications/seen' },
      topics: { dispatch: 'topics/changed' },
    },
    // What is not of the form that both sides agreed on never reaches the store.
    parse: {
      notification: (text) => v.parse(eventSchemas.notification, JSON.parse(text)),
      sent: (text) => v.parse(eventSchemas.sent, JSON.parse(text)),
      read: (text) => v.parse(eventSchemas.read, JSON.parse(text)),
      unread: (text) => v.parse(eventSchemas.unread, JSON.parse(text)),
      'read-all': (text) => v.parse(eventSchemas['read-all'], JSON.parse(text)),
      moved: (text) => v.parse(eventSchemas.moved, JSON.parse(text)),
      topics: (text) => v.parse(eventSchemas.topics, JSON.parse(text)),
      seen: (text) => v.parse(eventSchemas.seen, JSON.parse(text)),
    },
    // A restart of the server is read over like any other interruption. Whenever something may have been missed nonetheless, by whoever was
    // away for longer than the log reaches back for instance, the list is fetched again.
    resync: { dispatch: 'notifications/load' },
  })
}

declare module '@sse/vuex' {
  interface Register {
    events: NotificationEvents
  }
}
