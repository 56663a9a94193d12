import { createSse, type DehydratedSse } from '@sse/vue'
import type { Notification } from '../../server/utils/events'

export interface Events {
  notification: Notification
}

/** A stream for each app: on the server, one for every request. The lists that the server rendered travel in the payload, with their position. */
export default defineNuxtPlugin((nuxt) => {
  const sse = createSse<Events>({ url: '/events', hydrate: nuxt.payload.sse })
  nuxt.vueApp.use(sse)
  if (import.meta.server) {
    nuxt.hook('app:rendered', () => {
      nuxt.payload.sse = sse.dehydrate(nuxt.vueApp)
    })
  }
})

declare module '@sse/vue' {
  interface Register {
    events: Events
  }
}

declare module '#app' {
  interface NuxtPayload {
    sse?: DehydratedSse
  }
}
