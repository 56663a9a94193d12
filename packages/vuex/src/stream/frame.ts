/** Milliseconds of a frame, where nothing is shown. */
const FRAME = 16

/** Milliseconds after which a frame is no longer waited for: the page was hidden meanwhile, or cannot keep up. */
const LATE = 250

/** Whether frames are painted: not while the page is hidden, nor where there is no page. */
export const isShown = (): boolean =>
  typeof requestAnimationFrame === 'function' && globalThis.document?.visibilityState !== 'hidden'

/**
 * Calls `run` before the next frame is painted; by a timer where none is.
 *
 * @returns takes it back
 */
export function onNextFrame(run: () => void): () => void {
  const shown = isShown()
  const timer = setTimeout(run, shown ? LATE : FRAME)
  const frame = shown && requestAnimationFrame(run)
  return () => {
    clearTimeout(timer)
    if (frame) cancelAnimationFrame(frame)
  }
}
