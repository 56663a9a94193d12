import { createGlobalState } from '@vueuse/core'
import { type Ref, ref } from 'vue'

export interface Announcer {
  /** What was said last; shown to screen readers by `LiveRegion.vue`. */
  readonly said: Readonly<Ref<string>>
  say(text: string): void
}

/** Tells those who do not see the page what has happened, when they have nothing else to do. */
export const useAnnouncer: () => Announcer = createGlobalState(() => {
  const said = ref('')
  return {
    said,
    say(text) {
      // The same words again would be no change, and nothing would be read out.
      said.value = said.value === text ? `${text}\u00A0` : text
    },
  }
})
