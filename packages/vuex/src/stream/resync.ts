import type { CommitOwn, SseModuleState } from './state.ts'

/** Why everything has to be loaded again. */
export interface SseResyncCause {
  /**
   * `open`: a stream has begun and events may be missing. It is the first stream, or it does not resume where the last one ended.
   * `gap`: events have been missed.
   */
  readonly reason: 'open' | 'gap'
}

/** `{ dispatch }` is an action; a function is called. The store is stale until its promise is fulfilled. */
export type SseResync = { readonly dispatch: string } | ((cause: SseResyncCause) => unknown)

export interface Resync {
  /** Loads. If a load is running, it loads again, because that one may have come too early. */
  start(cause: SseResyncCause): void
  /** Loads if the last load failed, or belongs to another session. */
  retry(): void
  /** Ends the life of a connection: starts no more loads for it, and ignores the result of a running one. */
  cancel(): void
}

/** Milliseconds before a failed load is tried again: the first time, and at most. */
const BASE = 1000
const MAX = 30_000

/**
 * Runs one load at a time. A load that fails is reported and leaves the store stale. It is tried again after U(0.5, 1) × min(30 s, 1 s · 2ⁿ),
 * and at the next opening.
 */
export function createResync(
  load: (cause: SseResyncCause) => unknown,
  state: () => SseModuleState,
  commit: CommitOwn,
  report: (error: unknown, event: string) => void,
): Resync {
  let cause: SseResyncCause | undefined
  let isRunning = false
  /** Loads that have failed in a row. */
  let failures = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  /** Counts the lives of the connection. */
  let life = 0

  async function run(): Promise<void> {
    const mine = life
    let failed: SseResyncCause | undefined
    isRunning = true
    await null // an `sse.open` and its `sse.gap` arrive in one turn, and need one load
    while (cause && mine === life) {
      const now = cause
      cause = failed = undefined
      try {
        await load(now)
      } catch (error) {
        failed = now
        report(error, `sse.${now.reason}`)
      }
    }
    if (mine !== life) return
    isRunning = false
    if (failed) {
      timer = setTimeout(start, (1 - Math.random() / 2) * Math.min(MAX, BASE * 2 ** failures++), failed)
    } else {
      failures = 0
      commit('stale', false)
    }
  }

  function start(next: SseResyncCause): void {
    clearTimeout(timer)
    cause = next
    if (!state().stale) commit('stale', true)
    if (!isRunning) run()
  }

  return {
    start,
    retry() {
      if (state().stale && !isRunning) start({ reason: 'open' })
    },
    cancel() {
      clearTimeout(timer)
      life++
      cause = undefined
      isRunning = false
    },
  }
}
