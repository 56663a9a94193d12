import { useElementVisibility, useIntervalFn } from '@vueuse/core'
import type { ShallowRef } from 'vue'

/** Milliseconds between two pictures: fast enough to be live, slow enough to be read. */
const pace = 500

export function usePace(draw: () => void): void {
  useIntervalFn(draw, pace, { immediateCallback: true })
}

/** What nobody sees is not drawn: the page that measures shall not be what makes events late. */
export function usePaceInView(element: Readonly<ShallowRef<HTMLElement | null>>, draw: () => void): void {
  const isInView = useElementVisibility(element)
  usePace(() => {
    if (isInView.value) draw()
  })
}
