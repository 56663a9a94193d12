import type { ReportError, SseMeta } from '@sse/client'
import type { StoreLike } from './store.ts'

/**
 * What becomes of an event:
 *
 * - a string commits that mutation with the data;
 * - `{ commit }` and `{ dispatch }` say mutation or action, and with `batch: true` take all of a frame at once, as an array of data;
 * - a function is called with the data and its meta.
 */
export type SseTarget<Data> =
  | string
  | { readonly commit: string; readonly batch?: boolean }
  | { readonly dispatch: string; readonly batch?: boolean }
  | ((data: Data, meta: SseMeta) => unknown)

/** One target, or several in order. */
export type SseMapping<Data> = SseTarget<Data> | readonly SseTarget<Data>[]

/** The list of what a server can cause: event names that are not its own properties reach nothing. */
export type SseMappings<Events> = {
  readonly [Name in keyof Events & string]?: SseMapping<Events[Name]>
}

/** A target in one form. */
export type Target =
  | { readonly method: 'commit' | 'dispatch'; readonly type: string; readonly batch: boolean }
  | ((data: unknown, meta: SseMeta) => unknown)

export function toTargets(mapping: SseMapping<never>): readonly Target[] {
  return [mapping].flat().map((target) => {
    if (typeof target === 'function') return target as (data: unknown, meta: SseMeta) => unknown
    if (typeof target === 'string') return { method: 'commit', type: target, batch: false }
    const { batch = false } = target
    return 'commit' in target
      ? { method: 'commit', type: target.commit, batch }
      : { method: 'dispatch', type: target.dispatch, batch }
  })
}

/** An event on its way into the store. */
export interface Delivery {
  readonly targets: readonly Target[]
  readonly data: unknown
  readonly meta: SseMeta
}

export interface Courier {
  /** Hands an event to its targets; batches only collect it. */
  deliver(delivery: Delivery): void
  /** Hands the batches over. */
  settle(): void
}

/**
 * Brings events to the store. What a target throws or rejects with is reported and stops nothing.
 *
 * Order: a batch is handed over before any single commit or dispatch that came after it, so nothing is overtaken.
 */
export function createCourier(store: StoreLike, report: ReportError): Courier {
  const batches = new Map<string, { event: string; run: () => unknown; data: unknown[] }>()

  function attempt(run: () => unknown, event: string): void {
    const failed = (error: unknown) => report(error, { event })
    try {
      const result = run()
      if (result instanceof Promise) result.catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  function settle(): void {
    for (const [key, { event, run }] of batches) {
      batches.delete(key)
      attempt(run, event)
    }
  }

  function collect(method: 'commit' | 'dispatch', type: string, { data, meta }: Delivery): void {
    const key = `${method} ${type}`
    const batch = batches.get(key)
    if (batch) {
      batch.data.push(data)
    } else {
      const all = [data]
      batches.set(key, { event: meta.event, data: all, run: () => store[method](type, all) })
    }
  }

  return {
    deliver(delivery) {
      const { targets, data, meta } = delivery
      for (const target of targets) {
        if (typeof target === 'function') {
          attempt(() => target(data, meta), meta.event)
        } else if (target.batch) {
          collect(target.method, target.type, delivery)
        } else {
          settle()
          attempt(() => store[target.method](target.type, data), meta.event)
        }
      }
    },
    settle,
  }
}
