/** Milliseconds since the epoch, with fractions; it never goes back while the process lives. */
export function now(): number {
  return performance.timeOrigin + performance.now()
}
