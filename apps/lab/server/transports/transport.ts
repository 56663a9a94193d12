import type { Server } from 'node:http'
import type { LabEvent } from '../../shared/lab.ts'

/** One transport: a server of its own, so that every byte of its connections is a byte of this transport. */
export interface Transport {
  /** Not listening yet. */
  readonly server: Server
  /** Sends the event to every client that is connected now. */
  publish(event: LabEvent): void
  /** Ends what is open. */
  close(): Promise<void>
}
