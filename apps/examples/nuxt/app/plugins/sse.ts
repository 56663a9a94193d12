import { createSse } from '@sse/pinia'
import { createPinia, type StateTree } from 'pinia'
import type { Notification } from '../../server/utils/events'

export interface Events {
  notification: Notification
}

/** A Pinia and a stream for each app: on the server, for every request. What the server rendered travels in the payload, with its position. */
export default defineNuxtPlugin((nuxt) => {
  const sse = createSse<Events>({ url: '/events' })
  const pinia = createPinia().use(sse)
  if (import.meta.client && nuxt.payload.pinia) pinia.state.value = nuxt.payload.pinia
  nuxt.vueApp.use(pinia).use(sse)
  if (import.meta.server) {
    nuxt.hook('app:rendered', () => {
      nuxt.payload.pinia = pinia.state.value
    })
  }
})

declare module '@sse/pinia' {
  interface Register {
    events: Events
  }
}

declare module '#app' {
  interface NuxtPayload {
    pinia?: Record<string, StateTree>
  }
}
