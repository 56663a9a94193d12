import type {} from 'vue/types/vue'
import type { Sse } from './types.ts'

declare module 'vue/types/vue' {
  interface Vue {
    /** The stream of the store, by `Vue.use(sse)`. */
    readonly $sse: Sse
  }
}
