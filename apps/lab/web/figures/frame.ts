/** How long events may wait for a frame in ms; a hidden page has none. */
const patience = 250

/**
 * Collects what comes until the next frame and then delivers it in one go, as `@sse/vuex` does for SSE: so all are drawn at the same pace, and
 * what is measured is when an event is on the screen.
 */
export function perFrame<T>(deliver: (batch: readonly T[]) => void): (items: readonly T[]) => void {
  let waiting: T[] = []
  let frame = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function flush(): void {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
    timer = undefined
    const batch = waiting
    waiting = []
    deliver(batch)
  }

  return (items) => {
    waiting.push(...items)
    if (timer !== undefined) return
    timer = setTimeout(flush, document.hidden ? 0 : patience)
    frame = requestAnimationFrame(flush)
  }
}
