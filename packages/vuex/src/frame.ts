/** Milliseconds of a frame, where nothing is shown. */
const FRAME = 16

/** Milliseconds after which a frame is no longer waited for: the page was hidden meanwhile, or cannot keep up. */
const LATE = 250

/**
 * Calls `run` before the next frame is painted; by a timer where the page is hidden, for then no frame comes, and where there is no
 * `requestAnimationFrame`.
 *
 * @returns takes it back
 */
export function onNextFrame(run: () => void): () => void {
  const isShown =
    typeof requestAnimationFrame === 'function' && globalThis.document?.visibilityState !== 'hidden'
  const timer = setTimeout(run, isShown ? LATE : FRAME)
  const frame = isShown ? requestAnimationFrame(run) : undefined
  return () => {
    clearTimeout(timer)
    if (frame !== undefined) cancelAnimationFrame(frame)
  }
}
