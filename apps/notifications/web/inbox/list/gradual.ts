import { type ComputedRef, computed, ref, watch } from 'vue'

/** Rows that come with one frame: what is in view of a large window. */
const step = 12

export interface Gradual<T> {
  readonly items: ComputedRef<readonly T[]>
  /** Whether these are all of them. */
  readonly isWhole: ComputedRef<boolean>
}

/**
 * The first list of a page row by row, a few in every frame. All 50 at once keep a slow phone from answering its user for over a second. What
 * comes later is shown at once.
 */
export function useGradual<T>(all: ComputedRef<readonly T[]>): Gradual<T> {
  const shown = ref(step)

  function grow(): void {
    shown.value = shown.value + step < all.value.length ? shown.value + step : Number.POSITIVE_INFINITY
    if (shown.value < all.value.length) afterFrame(grow)
  }

  watch(
    () => all.value.length > 0,
    (isThere) => {
      if (isThere && shown.value === step) afterFrame(grow)
    },
    { immediate: true },
  )
  return {
    items: computed(() => all.value.slice(0, shown.value)),
    isWhole: computed(() => shown.value >= all.value.length),
  }
}

/** When the next frame has been drawn. A hidden page draws none. */
function afterFrame(run: () => void): void {
  if (document.hidden) setTimeout(run)
  else requestAnimationFrame(() => setTimeout(run))
}
