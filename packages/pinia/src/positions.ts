import { comparePositions, type Session } from '@sse/vue/internal'
import type { Pinia } from 'pinia'

/** The positions of what stores have loaded, by their ids. */
export type Positions = Record<string, string>

/** In the state of a rendered page, beside the states of the stores. */
const keyOf = (namespace: string) => `$${namespace}`

const root = (pinia: Pinia) => pinia.state.value as Record<string, Positions | undefined>

/** On the server: notes for the browser up to where a store has loaded. */
export function notePosition(pinia: Pinia, namespace: string, store: string, position: unknown): void {
  if (typeof position === 'string')
    root(pinia)[keyOf(namespace)] = { ...root(pinia)[keyOf(namespace)], [store]: position }
}

/**
 * In the browser: takes the positions out of the state of a rendered page. The stream connects first at the oldest of them, unless the app
 * gives a position.
 */
export function hydrate(pinia: Pinia, namespace: string, session: Session): Positions {
  const key = keyOf(namespace)
  const { [key]: positions } = root(pinia)
  const { client } = session.connection
  if (!client || !positions) return {}
  // What is saved of the state later is not of these positions.
  delete root(pinia)[key]
  const { lastEventId } = session.state()
  // Positions of another log come to nothing: those stores load.
  const oldest = Object.values(positions).reduce(
    (a, b) => (a === '' || Number(comparePositions(b, a)) < 0 ? b : a),
    lastEventId,
  )
  if (oldest !== lastEventId && !session.options.lastEventId && client.state.status === 'idle') {
    session.options = { ...session.options, isHydrated: true }
    session.commit('progress', { received: 0, lastEventId: oldest })
  }
  return positions
}

/** Whether a position is not before another one of the same log. */
export const isAfter = (position: string, other: string): boolean =>
  Number(comparePositions(position, other)) >= 0
