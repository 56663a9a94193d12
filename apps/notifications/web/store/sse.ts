import { createSse } from '@sse/vuex'
import * as v from 'valibot'
import { eventSchemas, type NotificationEvents } from '../../shared/schemas.ts'

/** The stream of the signed-in user, as Vuex mutations. The whole wiring between server and store is here. */
export const sse = createSse<NotificationEvents>({
  url: '/events',
  events: {
    notification: 'notifications/add',
    read: 'notifications/read',
  },
  // What is not of the form that both sides agreed on never reaches the store.
  parse: {
    notification: (text) => v.parse(eventSchemas.notification, JSON.parse(text)),
    read: (text) => v.parse(eventSchemas.read, JSON.parse(text)),
  },
  // A restart of the server is read over like any other interruption. Whenever something may have been missed nonetheless, by whoever was
  // away for longer than the log reaches back for instance, the list is fetched again.
  resync: { dispatch: 'notifications/load' },
})

declare module '@sse/vuex' {
  interface Register {
    events: NotificationEvents
  }
}
