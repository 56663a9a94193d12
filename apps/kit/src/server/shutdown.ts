/**
 * Ends the process once `leave` has ended everything, whichever of the signals comes first. One that comes twice (a terminal and pnpm both send
 * one) changes nothing.
 *
 * @param onFailure is told why `leave` failed, before the process ends with 1
 */
export function leaveOn(
  signals: readonly NodeJS.Signals[],
  leave: () => Promise<void>,
  onFailure: (error: unknown) => void,
): void {
  let leaving = false
  for (const signal of signals) {
    process.on(signal, () => {
      if (leaving) return
      leaving = true
      void leave().then(
        () => process.exit(0),
        (error: unknown) => {
          onFailure(error)
          process.exit(1)
        },
      )
    })
  }
}
