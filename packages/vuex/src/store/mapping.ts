import { SseError, type SseMeta } from '@sse/vue'
import type { Target } from '@sse/vue/internal'
import type { ActionFor, MutationFor } from './register.ts'
import type { StoreLike } from './store.ts'

/**
 * What an event causes:
 *
 * - a string commits that mutation with the data;
 * - `{ commit }` and `{ dispatch }` name a mutation or an action. With `batch: true` it gets all events of a frame as one array of data;
 * - a function is called with the data and its meta. `{ run, batch: true }` is called with all data of a frame, and the meta of the newest.
 */
export type SseTarget<Data> =
  | MutationFor<Data>
  | { readonly commit: MutationFor<Data>; readonly batch?: false }
  | { readonly commit: MutationFor<Data[]>; readonly batch: true }
  | { readonly dispatch: ActionFor<Data>; readonly batch?: false }
  | { readonly dispatch: ActionFor<Data[]>; readonly batch: true }
  | { readonly run: (data: Data[], meta: SseMeta) => unknown; readonly batch: true }
  | ((data: Data, meta: SseMeta) => unknown)

/** What the records or members of a channel cause, at most once per frame. */
export type SseChannelTarget<Data> =
  | MutationFor<Data>
  | { readonly commit: MutationFor<Data> }
  | { readonly dispatch: ActionFor<Data> }
  | ((data: Data, meta: SseMeta) => unknown)

/** By the name of the channel: one target, or several in order. */
export type SseChannelMappings<Data> = Readonly<
  Record<string, SseChannelTarget<Data> | readonly SseChannelTarget<Data>[] | undefined>
>

/** One target, or several in order. */
export type SseMapping<Data> = SseTarget<Data> | readonly SseTarget<Data>[]

/** The list of everything that a server can cause. Event names that are not its own properties reach nothing. */
export type SseMappings<Events> = {
  readonly [Name in keyof Events & string]?: SseMapping<Events[Name]>
}

/** @param option the option that contains the mapping */
export const toTargets = (
  store: StoreLike,
  mapping: SseMapping<unknown>,
  option: string,
): readonly Target[] => [mapping].flat().map((target) => toTarget(store, target, option))

function toTarget(store: StoreLike, target: SseTarget<unknown>, option: string): Target {
  if (typeof target === 'function') return { run: target, isCall: true }
  if (typeof target === 'string') return toTarget(store, { commit: target }, option)
  if ('run' in target) return { run: target.run, batch: target.run }
  const method = 'commit' in target ? 'commit' : 'dispatch'
  const name = 'commit' in target ? target.commit : target.dispatch
  return {
    run: (data) => callStore(store, method, name, data, option),
    batch: target.batch && method + name,
  }
}

/**
 * Commits or dispatches by name. In production Vuex ignores an unknown name silently. But a dispatch that ran returns a promise, and
 * subscribers see every mutation that was made.
 *
 * @param option the option that contains the name
 * @throws SseError `invalid-option` for a name that the store does not have
 */
export function callStore(
  store: StoreLike,
  method: 'commit' | 'dispatch',
  name: string,
  payload: unknown,
  option: string,
): unknown {
  let isMade = false
  const off = store.subscribe(({ type }) => {
    isMade ||= type === name
  })
  try {
    const result = store[method](name, payload)
    if (result || isMade) return result
  } finally {
    off()
  }
  throw new SseError(
    'invalid-option',
    `The store has no '${name}' to ${method}: correct ${option}, or register its module before its first event`,
    name,
  )
}
