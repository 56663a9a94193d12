import { eachPart, type SseStreamState } from './state.ts'

/** Adds the state of a stream to its methods. It is read at every access, so it is still right after it was replaced. */
export function toSse<Methods extends object>(
  methods: Methods,
  state: () => SseStreamState,
): Methods & SseStreamState {
  const getters = eachPart((name) => ({ enumerable: true, get: () => state()[name] }))
  return Object.defineProperties(methods, getters) as Methods & SseStreamState
}
