import type { Sse } from '../types.ts'

declare module 'vue' {
  interface ComponentCustomProperties {
    /** The stream of the store, by `app.use(sse)`. */
    readonly $sse: Sse
  }
}
