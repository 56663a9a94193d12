import type { Receiver, Session } from '@sse/vue/internal'
import type { Pinia } from 'pinia'

/** The positions of what stores have loaded, by their ids. */
export type Positions = Record<string, string>

/** In the state of a rendered page, beside the states of the stores. */
const keyOf = (namespace: string) => `$${namespace}`

const rootOf = (pinia: Pinia) => pinia.state.value as Record<string, Positions | undefined>

/** On the server: notes for the browser up to where a store has loaded. */
export function notePosition(pinia: Pinia, namespace: string, store: string, position: unknown): void {
  const root = rootOf(pinia)
  const key = keyOf(namespace)
  if (typeof position === 'string') root[key] = { ...root[key], [store]: position }
}

/**
 * In the browser: takes the positions out of the state of a rendered page. The stream connects first at the oldest of them, unless the app
 * gives a position.
 */
export function takePositions(pinia: Pinia, namespace: string, session: Session): Positions {
  const root = rootOf(pinia)
  const key = keyOf(namespace)
  const positions = root[key] ?? {}
  session.use((receiver) => {
    // What is saved of the state later is not of these positions.
    delete root[key]
    startAtOldest(Object.values(positions), session, receiver)
  })
  return positions
}

function startAtOldest(positions: readonly string[], session: Session, { comparePositions }: Receiver): void {
  const { lastEventId } = session.state()
  let oldest = lastEventId
  // Positions of another log come to nothing: their stores load.
  for (const position of positions)
    if (!oldest || Number(comparePositions(position, oldest)) < 0) oldest = position
  const { client } = session.connection
  if (oldest === lastEventId || session.options.lastEventId || client?.state.status !== 'idle') return
  session.options = { ...session.options, isHydrated: true }
  session.commit('progress', { received: 0, lastEventId: oldest })
}
