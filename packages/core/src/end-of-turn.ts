/** Read when the module loads, so that the fake timers of a test do not stop the hub. */
const { setImmediate } = globalThis

/** Runs a callback at the end of this turn of the event loop, after its promises have settled and its input is handled. */
export function atEndOfTurn(callback: () => void): void {
  setImmediate(callback)
}

let thisTurn: Promise<void> | undefined
let nextTurn: Promise<void> | undefined

/** Resolves at the end of this turn. All calls in one turn share one timer. */
export function endOfTurn(): Promise<void> {
  thisTurn ??= new Promise((resolve) => {
    atEndOfTurn(() => {
      thisTurn = undefined
      resolve()
    })
  })
  return thisTurn
}

/** Resolves at the end of the next turn. All calls in one turn share two timers. */
export function endOfNextTurn(): Promise<void> {
  nextTurn ??= new Promise((resolve) => {
    atEndOfTurn(() => {
      nextTurn = undefined
      atEndOfTurn(resolve)
    })
  })
  return nextTurn
}
