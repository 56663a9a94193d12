import { type ComputedRef, computed, type InjectionKey, inject } from 'vue'
import { useStore } from 'vuex'
import type { PerTransport, Reading, TransportName } from '../../shared/lab.ts'
import type { Panel } from '../store/panels.ts'
import type { RootState } from '../store/state.ts'
import type { Delays } from './delays.ts'

/** The newest delays, and the clock that they are of. */
export interface DelaySource {
  readonly delays: PerTransport<Delays>
  readonly now: () => number
}

export const delaysKey: InjectionKey<DelaySource> = Symbol('delays')

export function useDelays(): DelaySource {
  const source = inject(delaysKey)
  if (source === undefined) throw new Error('The app provides no delays')
  return source
}

/** What is known of one transport. */
export interface Figures {
  readonly panel: Panel
  /** Counted at the server, for all clients. */
  readonly reading: Reading
  /** `null` while there was no event. */
  readonly requestsPerEvent: number | null
  /** Of both directions. */
  readonly bytesPerEvent: number | null
}

/** Per event means for each client that there was when it was made. */
export function useFigures(name: () => TransportName): ComputedRef<Figures> {
  const { state } = useStore<RootState>()
  return computed(() => {
    const { due, readings } = state.lab
    const reading = readings[name()]
    return {
      panel: state.panels[name()],
      reading,
      requestsPerEvent: due > 0 ? reading.requests / due : null,
      bytesPerEvent: due > 0 ? (reading.bytesIn + reading.bytesOut) / due : null,
    }
  })
}
