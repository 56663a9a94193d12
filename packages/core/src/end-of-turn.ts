/** Read when the module loads, so that the fake timers of a test do not stop the hub. */
const { setImmediate } = globalThis

/** Runs a callback at the end of this turn of the event loop, after its promises have settled and its input is handled. */
export function atEndOfTurn(callback: () => void): void {
  setImmediate(callback)
}

let thisTurn: Promise<void> | undefined

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

/** The turns that have ended while somebody waited for a later one. */
let ended = 0
const later = new Map<number, PromiseWithResolvers<void>>()

/** Resolves after so many turns. All who wait share one timer a turn. */
export function turnsLater(turns: number): Promise<void> {
  if (later.size === 0) atEndOfTurn(endTurn)
  const last = ended + turns
  const end = later.get(last) ?? Promise.withResolvers()
  later.set(last, end)
  return end.promise
}

function endTurn(): void {
  const end = later.get(++ended)
  later.delete(ended)
  if (later.size > 0) atEndOfTurn(endTurn)
  end?.resolve()
}
