import { createGlobalState } from '@vueuse/core'
import { type Ref, readonly, ref } from 'vue'

export interface Reading {
  /** Id of the notification that is open. */
  readonly open: Readonly<Ref<number | undefined>>
  read(id: number): void
  close(): void
}

/** The one notification that is opened to be read in full. */
export const useReading: () => Reading = createGlobalState(() => {
  const open = ref<number>()
  return {
    open: readonly(open),
    read(id) {
      open.value = id
    },
    close() {
      open.value = undefined
    },
  }
})
