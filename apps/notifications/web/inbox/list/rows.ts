import { type ComputedRef, computed, type Ref, ref, watch } from 'vue'

/** Rows that come with one frame: what is in view of a large window. */
const step = 12
/** Rows that come with one look further down, and that stay when the reader is back at the top. */
const page = 50

export interface Rows<T> {
  /** The newest ones, as many as are drawn. */
  readonly rows: ComputedRef<readonly T[]>
  /** Whether the first page has been drawn. */
  readonly isDrawn: ComputedRef<boolean>
  /** Whether there are older ones that are not drawn. */
  readonly isCut: ComputedRef<boolean>
  /** Draws the next page, as far as it is there or when it comes. */
  drawMore(): void
}

/**
 * As many rows of a list as its reader has looked for. A page that is open for days would else draw thousands, and answer its user after a
 * second. The first page comes with several frames, so that a slow phone can answer between them.
 */
export function useRows<T extends { readonly id: number }>(all: ComputedRef<readonly T[]>): Rows<T> {
  const count = ref(step)

  function grow(): void {
    const next = count.value + step
    const isMore = next < Math.min(page, all.value.length)
    count.value = isMore ? next : page
    if (isMore) afterFrame(grow)
  }

  watch(
    () => all.value.length > 0,
    (isThere) => {
      if (isThere && count.value === step) afterFrame(grow)
    },
    { immediate: true },
  )
  watch(all, (now, before) => keepPlace(count, now, before))
  return {
    rows: computed(() => all.value.slice(0, count.value)),
    isDrawn: computed(() => count.value >= Math.min(page, all.value.length)),
    isCut: computed(() => count.value < all.value.length),
    drawMore() {
      count.value = Math.min(count.value, all.value.length) + page
    },
  }
}

/** What arrives does not take away rows that the reader looks at, further down or with the focus. At the top, one page is enough. */
function keepPlace<T extends { readonly id: number }>(
  count: Ref<number>,
  now: readonly T[],
  before: readonly T[],
): void {
  if (count.value < page) return
  const isAway = scrollY > innerHeight || document.activeElement?.closest('[data-notification]')
  if (!isAway) count.value = page
  else
    count.value += Math.max(
      0,
      now.findIndex(({ id }) => id === before[0]?.id),
    )
}

/** When the next frame has been drawn. A hidden page draws none. */
function afterFrame(run: () => void): void {
  if (document.hidden) setTimeout(run)
  else requestAnimationFrame(() => setTimeout(run))
}
