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
  /** Names that have a listener. */
  names(): Iterable<string>
}

/**
 * Listeners by event name. One that throws is reported and stops nothing. An event emitted by a listener waits until the one at hand has
 * reached everybody, so all listeners see one order.
 */
export function createEmitter(report: ReportError): Emitter {
  const listeners = new Map<string, Set<Listener<unknown>>>()
  const queue: [data: unknown, meta: SseMeta][] = []
  let draining = false

  function deliver(data: unknown, meta: SseMeta): void {
    const set = listeners.get(meta.event)
    for (const listener of [...(set ?? [])]) {
      if (!set?.has(listener)) continue // taken off by one before it
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
  }

  return {
    on(event, listener) {
      // Only the typed `on` of the client hands listeners in: the name decides what data they get.
      const own = (data: unknown, meta: SseMeta) => (listener as Listener<unknown>)(data, meta)
      const set = listeners.get(event) ?? new Set()
      listeners.set(event, set.add(own))
      return () => {
        set.delete(own)
        if (set.size === 0 && listeners.get(event) === set) listeners.delete(event)
      }
    },
    emit(data, meta) {
      queue.push([data, meta])
      if (draining) return
      draining = true
      for (let next = queue.shift(); next; next = queue.shift()) deliver(...next)
      draining = false
    },
    names: () => listeners.keys(),
  }
}

/** Without `onError`: to the global error handlers where there are any, as the platform does with its own listeners. */
export const reportByDefault: ReportError = (error) => {
  if (typeof reportError === 'function') reportError(error)
  else console.error(error)
}
