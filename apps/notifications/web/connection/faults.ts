import { type Ref, ref } from 'vue'
import { useToasts } from '../alerts/toasts.ts'
import { line } from '../http/api.ts'
import { type LineFault, useLineLog } from './line/line-log.ts'

/** Seconds. A stall must last longer than the client's patience, of 2.5 heartbeats. */
export const refusal = 15
export const stall = 30

export interface Faults {
  /** Asked for, and not answered yet. */
  readonly isAsking: Readonly<Ref<boolean>>
  cause(fault: LineFault): Promise<void>
}

/** Breaks the line of this browser at the server, as a bad network would. */
export function useFaults(): Faults {
  const { note } = useLineLog()
  const { announceFailure } = useToasts()
  const isAsking = ref(false)
  const causes = { cut: () => line.cut(), refuse: () => line.refuse(refusal), stall: () => line.stall(stall) }

  return {
    isAsking,
    async cause(fault) {
      isAsking.value = true
      note({ type: 'fault', fault })
      try {
        await causes[fault]()
      } catch (error) {
        announceFailure(error)
      } finally {
        isAsking.value = false
      }
    },
  }
}
