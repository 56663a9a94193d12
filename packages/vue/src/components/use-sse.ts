import type { EventData, EventName, Listener } from '@sse/client'
import { customRef, onScopeDispose, type Ref } from 'vue'
import { development } from '../development/development.ts'
import type { RegisteredEvents } from '../register.ts'
import { findSession } from '../stream/find-session.ts'
import type { Session } from '../stream/session.ts'
import { eachPart, type SseStreamState } from '../stream/state.ts'
import type { SseMethods, SseSource } from '../types.ts'

/** A stream in a component: its state as refs, and its methods. */
export type SseRefs<Events extends object = RegisteredEvents> = SseMethods<Events> & {
  readonly [Name in keyof SseStreamState]: Readonly<Ref<SseStreamState[Name]>>
}

/**
 * A stream of the app: its state as refs, and its methods. For `setup`, in Vue 3 and 2.7.
 *
 * @param stream its `namespace`, or the object of `createSse`. With the object it works outside of components too. Default: `sse`
 * @throws SseError `invalid-use` for a name outside of `setup` or after an `await` in it, and if the app does not have the stream
 */
export function useSse<Namespace extends string = 'sse'>(
  stream?: Namespace | SseSource,
): SseRefs<RegisteredEvents<Namespace>>
export function useSse<Events extends object>(stream?: string | SseSource): SseRefs<Events>
export function useSse(stream?: string | SseSource): unknown {
  const session = findSession('useSse', stream)
  session.refs ??= toRefs(session)
  return session.refs
}

/** Reads the state at every access, because a store may replace it. */
function toRefs(session: Session): SseRefs<object> {
  const refs = eachPart((name) => customRef(() => ({ get: () => session.state()[name], set() {} })))
  return { ...refs, ...session.methods } as SseRefs<object>
}

/**
 * Calls a handler for every event of a name, until the component or the effect scope ends. A server render does not keep it.
 *
 * @param stream the stream's `namespace`, or the object of `createSse`. Default: `sse`
 * @throws SseError as `useSse`
 */
export function useSseEvent<
  Name extends EventName<RegisteredEvents<Namespace>>,
  Namespace extends string = 'sse',
>(
  event: Name,
  handler: Listener<EventData<RegisteredEvents<Namespace>, Name>>,
  stream?: Namespace | SseSource,
): void {
  const tools = development()
  tools?.checkListener('useSseEvent', event, handler)
  onScopeDispose(findSession('useSseEvent', stream).methods.on(event, handler))
}
