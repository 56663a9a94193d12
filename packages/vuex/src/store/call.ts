import { SseError } from '@sse/client'
import type { StoreLike } from './store.ts'

/**
 * Commits or dispatches by name. In production Vuex says nothing of a name that the store does not have, but what happens tells: a dispatch
 * gives a promise, and subscribers are told of every mutation that was made.
 *
 * @param option the option that has the name
 * @throws SseError `invalid-option` for a name that the store does not have
 */
export function call(
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
    `The store has no '${name}' to ${method}: correct ${option}, or register the module before`,
    name,
  )
}
