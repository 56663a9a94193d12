/** What comes with the data of an event. */
export interface SseMeta {
  /** The name of the event; `message` for one without a name. */
  readonly event: string
  /** The cursor after this event: its own id, or the last one before it if it carries none. Empty while none was seen. */
  readonly id: string
}

/** A listener's promise may reject: that is reported as a throw would be. */
export type Listener<Data> = (data: Data, meta: SseMeta) => unknown

/** Told of an error that a listener threw or rejected with, and of the event it was handling. */
export type ReportError = (error: unknown, context: { readonly event: string }) => void

export interface Emitter {
  /** @returns takes the listener off again */
  on(event: string, listener: Listener<never>): () => void
  emit(data: unknown, meta: SseMeta): void
  has(event: string): boolean
  /** The names that are listened for. */
  names(): Iterable<string>
}

/**
 * Listeners by event name. One that throws is reported and stops nothing. An event emitted by a listener waits until the one at hand has
 * reached everybody, so all listeners see one order.
 */
export function createEmitter(report: ReportError = reportByDefault): Emitter {
  /** An entry for each call of `on`, because a listener may be put on several times. A name without one is not kept. */
  const entries = new Map<string, Set<{ readonly listener: Listener<unknown> }>>()
  const queue: [data: unknown, meta: SseMeta][] = []

  function tell(listener: Listener<unknown>, data: unknown, meta: SseMeta): void {
    const failed = (error: unknown) => {
      try {
        report(error, { event: meta.event })
      } catch (again) {
        console.error(again)
      }
    }
    try {
      const result = listener(data, meta)
      if (result instanceof Promise) result.catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  return {
    on(event, listener) {
      // Only the typed `on` of the client hands listeners in: the name decides what data they get.
      const entry = { listener: listener as Listener<unknown> }
      const named = entries.get(event) ?? new Set()
      entries.set(event, named.add(entry))
      return () => {
        if (named.delete(entry) && named.size === 0) entries.delete(event)
      }
    },
    emit(data, meta) {
      if (queue.push([data, meta]) > 1) return
      // What listeners emit is appended meanwhile, and this loop comes to it.
      for (const [data, meta] of queue) {
        const named = entries.get(meta.event) ?? new Set()
        for (const entry of [...named]) {
          // It may have been taken off by one before it.
          if (named.has(entry)) tell(entry.listener, data, meta)
        }
      }
      queue.length = 0
    },
    has: (event) => entries.has(event),
    names: () => entries.keys(),
  }
}

/** Without `onError`: to the global error handlers where there are any, as the platform does with its own listeners. */
const reportByDefault: ReportError = (error) => {
  const { reportError = console.error }: Partial<typeof globalThis> = globalThis
  reportError(error)
}
