import type { LabEvent } from '../lab.ts'

/** How a client stands: on the way, getting events, or waiting to try again. */
export type ClientStatus = 'connecting' | 'open' | 'waiting'

/** Takes the events of a transport: a panel of the page, or a client of the crowd. */
export interface Receiver {
  events(batch: readonly LabEvent[]): void
  status(status: ClientStatus): void
}

/** A client that runs until it is stopped. */
export interface TransportClient {
  stop(): void
}

/** Asks for JSON. Rejects when the network fails, when the status is none of success, and when the signal is aborted. */
export type GetJson = (url: string, signal: AbortSignal) => Promise<unknown>
