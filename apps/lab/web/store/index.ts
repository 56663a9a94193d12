import type { SsePlugin } from '@sse/vuex'
import { createStore, type Store } from 'vuex'
import type { Lab, PerTransport } from '../../shared/lab.ts'
import type { Api } from '../api.ts'
import type { Delays } from '../figures/delays.ts'
import type { ServerClock } from '../figures/server-clock.ts'
import { createLab } from './lab.ts'
import { createPanels } from './panels.ts'
import type { RootState } from './state.ts'

export interface LabStoreOptions {
  readonly api: Api
  readonly lab: Lab
  readonly clock: ServerClock
  readonly measured: SsePlugin
  readonly control: SsePlugin
}

export interface LabStore {
  readonly store: Store<RootState>
  readonly delays: PerTransport<Delays>
}

export function createLabStore({ api, lab, clock, measured, control }: LabStoreOptions): LabStore {
  const { delays, ...panels } = createPanels(clock)
  const store = createStore<RootState>({
    strict: import.meta.env.DEV,
    modules: { lab: createLab(api, lab), panels },
    plugins: [measured, control],
  })
  return { store, delays }
}
