/** What comes with the data of an event. */
export interface SseMeta {
  /** The name of the event. `message` for one without a name. */
  readonly event: string
  /** The cursor after this event: its own id or, without one, the last one before it. Empty if there was none yet. */
  readonly id: string
}

/** A listener may return a promise. If it rejects, the error is reported as if the listener had thrown. */
export type Listener<Data> = (data: Data, meta: SseMeta) => unknown

/** Called with an error that a listener threw or rejected with, and with the event that it handled. */
export type ReportError = (error: unknown, context: { readonly event: string }) => void

export interface Emitter {
  /** @returns removes the listener */
  on(event: string, listener: Listener<never>): () => void
  emit(data: unknown, meta: SseMeta): void
  has(event: string): boolean
  /** The names that have listeners. */
  names(): Iterable<string>
  /** Calls `run` with the value, after those of all earlier calls. At once if none of them waits for a promise. A promise must not reject. */
  inOrder<T>(value: T | Promise<T>, run: (value: T) => void): void
  /** Reports an error of the app's code that handled this event. Never throws. */
  report(error: unknown, event: string): void
  /** Forgets all calls of `inOrder` that are waiting. */
  clear(): void
}

/**
 * Listeners by event name. If one throws, the error is reported and the others are still called. An event that a listener emits waits until
 * the present one has reached every listener, so all listeners see the same order.
 */
export function createEmitter(onError: ReportError = reportByDefault): Emitter {
  /** An entry for each call of `on`, because a listener may be added several times. A name without entries is removed. */
  const entries = new Map<string, Set<{ readonly listener: Listener<unknown> }>>()
  const queue: [data: unknown, meta: SseMeta][] = []
  /** The next call of `inOrder` waits for this. */
  let before: Promise<unknown> | undefined
  /** Counts the calls of `clear`. What was added before the last one is not run. */
  let generation = 0

  function report(error: unknown, event: string): void {
    try {
      onError(error, { event })
    } catch (again) {
      console.error(again)
    }
  }

  function tell(listener: Listener<unknown>, data: unknown, meta: SseMeta): void {
    const failed = (error: unknown) => report(error, meta.event)
    try {
      const result = listener(data, meta)
      if (result instanceof Promise) result.catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  return {
    on(event, listener) {
      // Only the typed `on` of the client adds listeners, so the name decides the type of their data.
      const entry = { listener: listener as Listener<unknown> }
      const named = entries.get(event) ?? new Set()
      entries.set(event, named.add(entry))
      return () => {
        if (named.delete(entry) && named.size === 0) entries.delete(event)
      }
    },
    emit(data, meta) {
      if (queue.push([data, meta]) > 1) return
      // Listeners may append events. This loop reaches them too.
      for (const [data, meta] of queue) {
        const named = entries.get(meta.event) ?? new Set()
        for (const entry of [...named]) {
          // An earlier listener may have removed it.
          if (named.has(entry)) tell(entry.listener, data, meta)
        }
      }
      queue.length = 0
    },
    has: (event) => entries.has(event),
    names: () => entries.keys(),
    report,
    inOrder(value, run) {
      if (!before && !(value instanceof Promise)) {
        run(value)
        return
      }
      const mine = generation
      const turn: Promise<void> = Promise.all([value, before]).then(([ready]) => {
        if (mine !== generation) return
        if (before === turn) before = undefined
        run(ready)
      })
      before = turn
    },
    clear() {
      generation++
      before = undefined
    },
  }
}

/** Without `onError`: errors go to the global error handlers, as the platform does with its own listeners. Without those, to the console. */
const reportByDefault: ReportError = (error) => {
  const known: Partial<typeof globalThis> = globalThis
  ;(known.reportError ?? console.error)(error)
}
