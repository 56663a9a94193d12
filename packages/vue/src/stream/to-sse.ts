import type { SseMethods } from '../types.ts'
import type { AnyEvents } from './connection.ts'
import type { Session } from './session.ts'
import { createState, type SseStreamState } from './state.ts'

/** The methods of a stream for the app. */
export function methodsOf(session: Session): SseMethods<AnyEvents> {
  const { connect, disconnect, reconnect, subscribe, unsubscribe, reached, on } = session
  return { connect, disconnect, reconnect, subscribe, unsubscribe, reached, on }
}

/** Adds the state of a stream to its methods. It is read at every access, so it is still right after it was replaced. */
export function toSse<Methods extends object>(
  methods: Methods,
  state: () => SseStreamState,
): Methods & SseStreamState {
  const getters = Object.keys(createState('')).map((key) => {
    return [key, { enumerable: true, get: () => state()[key as keyof SseStreamState] }]
  })
  return Object.defineProperties(methods, Object.fromEntries(getters)) as Methods & SseStreamState
}
