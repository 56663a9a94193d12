import type { SseMeta } from '@sse/client'
import { call } from './call.ts'
import type { ActionFor, MutationFor } from './register.ts'
import type { StoreLike } from './store.ts'

/**
 * What becomes of an event:
 *
 * - a string commits that mutation with the data;
 * - `{ commit }` and `{ dispatch }` say mutation or action, and with `batch: true` take all of a frame at once, as an array of data;
 * - a function is called with the data and its meta; `{ run, batch: true }` with all data of a frame, and the meta of the newest.
 */
export type SseTarget<Data> =
  | MutationFor<Data>
  | { readonly commit: MutationFor<Data>; readonly batch?: false }
  | { readonly commit: MutationFor<Data[]>; readonly batch: true }
  | { readonly dispatch: ActionFor<Data>; readonly batch?: false }
  | { readonly dispatch: ActionFor<Data[]>; readonly batch: true }
  | { readonly run: (data: Data[], meta: SseMeta) => unknown; readonly batch: true }
  | ((data: Data, meta: SseMeta) => unknown)

/** One target, or several in order. */
export type SseMapping<Data> = SseTarget<Data> | readonly SseTarget<Data>[]

/** The list of what a server can cause: event names that are not its own properties reach nothing. */
export type SseMappings<Events> = {
  readonly [Name in keyof Events & string]?: SseMapping<Events[Name]>
}

/** A target in one form. */
export interface Target {
  readonly run: (data: never, meta: SseMeta) => unknown
  /** Batches of the same are put together. Nothing for single events. */
  readonly batch?: unknown
  /** A function does not change the store by itself, so it need not be waited for with a batch. */
  readonly isCall?: boolean
}

export const toTargets = (store: StoreLike, mapping: SseMapping<unknown>): readonly Target[] =>
  [mapping].flat().map((target) => toTarget(store, target))

function toTarget(store: StoreLike, target: SseTarget<unknown>): Target {
  if (typeof target === 'function') return { run: target, isCall: true }
  if (typeof target === 'string') return toTarget(store, { commit: target })
  if ('run' in target) return { run: target.run, batch: target.run }
  const method = 'commit' in target ? 'commit' : 'dispatch'
  const name = 'commit' in target ? target.commit : target.dispatch
  return {
    run: (data, { event }) => call(store, method, name, data, `events.${event}`),
    batch: target.batch && method + name,
  }
}
