import type { SseModuleState } from '@sse/vuex'
import type { LabModuleState } from './lab.ts'
import type { PanelsState } from './panels.ts'

export interface RootState {
  lab: LabModuleState
  panels: PanelsState
  /** The stream that is measured; kept by `@sse/vuex`. */
  sse: SseModuleState
  /** The stream that tells how the lab stands; kept by `@sse/vuex`. */
  control: SseModuleState
}
