/** Why everything has to be loaded again. */
export interface SseResyncCause {
  /** `open`: a stream has begun that does not go on where the last one ended. `gap`: events have been missed. */
  readonly reason: 'open' | 'gap'
}

/** `{ dispatch }` is an action; a function is called. The store is stale until its promise is fulfilled. */
export type SseResync = { readonly dispatch: string } | ((cause: SseResyncCause) => unknown)

/** The state's word for it. */
export interface Stale {
  get(): boolean
  set(stale: boolean): void
}

export interface Resync {
  /** Loads, or loads again if a load under way may have come too early. */
  start(cause: SseResyncCause): void
  /** Loads if the last load failed, or was another session's. */
  retry(): void
}

/**
 * Runs one load at a time. One that fails is reported and leaves the store stale: it is tried again at the next opening.
 */
export function createResync(
  load: (cause: SseResyncCause) => unknown,
  stale: Stale,
  report: (error: unknown, event: string) => void,
): Resync {
  let cause: SseResyncCause | undefined
  let isRunning = false
  let hasFailed = false

  async function run(): Promise<void> {
    isRunning = true
    await null // an `sse.open` and the `sse.gap` behind it come in one turn, and are one reason to load
    for (let next = cause; next; next = cause) {
      cause = undefined
      try {
        await load(next)
        hasFailed = false
      } catch (error) {
        hasFailed = true
        report(error, `sse.${next.reason}`)
      }
    }
    isRunning = false
    if (!hasFailed) stale.set(false)
  }

  function start(next: SseResyncCause): void {
    cause = next
    stale.set(true)
    if (!isRunning) run()
  }

  return {
    start,
    retry() {
      if (stale.get() && !isRunning) start({ reason: 'open' })
    },
  }
}
