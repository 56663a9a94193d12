import { type EventData, type EventName, type Listener, type RegisteredEvents, SseError } from '@sse/vue'
import { getCurrentInstance, onScopeDispose } from 'vue'
import { development } from '../development/development.ts'
import type { StoreLike } from '../store/store.ts'
import { sseOf } from '../store/store-module.ts'
import type { Sse } from '../types.ts'

/**
 * The stream of the app's store: its reactive state, and its actions. For `setup`, in Vue 3 and 2.7.
 *
 * @throws SseError `invalid-use` outside of `setup` or after an `await` in it, and if the store has no such stream
 */
export function useSse<Namespace extends string = 'sse'>(
  namespace?: Namespace,
): Sse<RegisteredEvents<Namespace>>
export function useSse<Events extends object>(namespace?: string): Sse<Events>
export function useSse(namespace = 'sse'): unknown {
  const tools = development()
  tools?.checkNamespace(namespace)
  const component = getCurrentInstance()
  if (!component) {
    throw new SseError(
      'invalid-use',
      'useSse and useSseEvent work in `setup`, and there only before the first `await`',
      namespace,
    )
  }
  return sseOf((component.proxy as { readonly $store?: StoreLike }).$store, namespace)
}

/**
 * Calls a handler for every event of a name, after the store has received it, until the component or the effect scope ends.
 *
 * @throws SseError as `useSse`
 */
export function useSseEvent<
  Name extends EventName<RegisteredEvents<Namespace>>,
  Namespace extends string = 'sse',
>(event: Name, handler: Listener<EventData<RegisteredEvents<Namespace>, Name>>, namespace?: Namespace): void {
  const tools = development()
  tools?.checkListener('useSseEvent', event, handler)
  onScopeDispose(useSse(namespace).on(event, handler))
}
