import { createSse } from '@sse/vuex'
import type { NotificationEvents } from '../../shared/schemas.ts'

/** The stream of the signed-in user, as Vuex mutations. The whole wiring between server and store is here. */
export const sse = createSse<NotificationEvents>({
  url: '/events',
  events: {
    notification: 'notifications/add',
    read: 'notifications/read',
  },
  // Whenever something may have been missed, after a restart of the server for instance, the list is fetched again.
  resync: { dispatch: 'notifications/load' },
})
