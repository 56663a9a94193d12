import type { CrowdCount, PerTransport } from '../../shared/lab.ts'

/** What the server asks of the process of the crowd. */
export type CrowdOrder =
  | {
      readonly type: 'want'
      /** How many on each transport. */
      readonly clients: number
      /** From one short poll to the next, in ms. */
      readonly interval: number
      readonly ports: PerTransport<number>
    }
  | { readonly type: 'reset' }

/** What it tells, twice a second. */
export interface CrowdReport {
  readonly type: 'counts'
  readonly counts: PerTransport<CrowdCount>
}
