import { createEmitter, type Emitter } from '../../src/events/emitter.ts'
import { createFeatures, FEATURE_EVENTS, type Features } from '../../src/features/features.ts'
import type { ClientInternals } from '../../src/internals.ts'

export interface ModelFeatures {
  readonly events: Emitter
  readonly features: Features
  /** Takes an event of a stream. @returns the data for its listeners; undefined: they are not told */
  receive(event: string, text: string, id: string): unknown
}

/**
 * The records and members of a client that has nothing else.
 *
 * @param wanted the channels that it asks for
 * @param connect connects again; `undefined` for the client of a page that shares its connection
 */
export function createModelFeatures(
  wanted: ReadonlySet<string>,
  connect: (() => void) | undefined,
): ModelFeatures {
  const events = createEmitter()
  const client = {
    events,
    channels: { wanted },
    cursor: { told: '', origin: 'none' },
    active: () => ({ state: { status: connect ? 'open' : 'idle' }, connect }),
    settled: { channels: [], refused: [] },
    ...(!connect && { shared: {} }),
  }
  const features = createFeatures(client as unknown as ClientInternals)
  return {
    events,
    features,
    receive(event, text, id) {
      const isFeature = FEATURE_EVENTS.includes(event)
      const value = isFeature || event === 'note' ? text : JSON.parse(text || '""')
      const taken = features.receive(event, value, id, false)
      if (event === 'sse.channels') client.settled = value
      return isFeature ? taken : value
    },
  }
}
