import type { EventData, EventName, Listener } from '@sse/client'
import { getCurrentInstance, onScopeDispose } from 'vue'
import { sseOf } from './attach.ts'
import type { StoreLike } from './store.ts'
import type { RegisteredEvents, Sse } from './types.ts'

/**
 * The stream of the app's store: its reactive state, and its actions. For `setup`, in Vue 3 and 2.7.
 *
 * @throws SseError `invalid-use` outside of `setup`, or when the store has no such stream
 */
export function useSse<Events extends object = RegisteredEvents>(namespace = 'sse'): Sse<Events> {
  const component = getCurrentInstance()?.proxy as { readonly $store?: StoreLike } | null | undefined
  return sseOf(component?.$store, namespace) as Sse<object> as Sse<Events>
}

/**
 * Calls a handler for every event of a name, after the store has got it, until the component or the effect scope ends.
 *
 * @throws SseError `invalid-use` outside of `setup`
 */
export function useSseEvent<Name extends EventName<RegisteredEvents>>(
  event: Name,
  handler: Listener<EventData<RegisteredEvents, Name>>,
  namespace = 'sse',
): void {
  onScopeDispose(useSse(namespace).on(event, handler))
}
