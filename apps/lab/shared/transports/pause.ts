/** The first wait after a failure, and where its doubling ends, in milliseconds: the same for all who reconnect, so that they compare. */
export const reconnection = { base: 500, max: 2_000 } as const

/** Milliseconds to wait after so many failures in a row: doubled each time, and spread by ±50 % as not all shall come back together. */
export function pauseAfter(failures: number, random: () => number = Math.random): number {
  const { base, max } = reconnection
  return (0.5 + random()) * Math.min(max, base * 2 ** (failures - 1))
}

/** Waits, or less when the signal is aborted. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}
