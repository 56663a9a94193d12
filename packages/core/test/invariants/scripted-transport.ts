import type { Ledger } from '@sse/testbed/ledger'
import { ReceivingTransport } from '@sse/testbed/receiving-transport'
import type { TestEvent } from '../../src/testing/test-stream.ts'
import type { Meets } from './situations.ts'

/** The client's end of a response: it enters what it is given into a ledger, and is full for as long as the script says. */
export class ScriptedTransport extends ReceivingTransport {
  /** The cursor that the client would come back with. */
  lastEventId: string | undefined
  /** Heartbeats that said where the stream stands. */
  pings = 0
  readonly #ledger: Ledger
  readonly #meets: Meets
  /** Whether events from the log were answered with "full" already. */
  #refused = false

  constructor(ledger: Ledger, meets: Meets, lastEventId: string | undefined) {
    super()
    this.#ledger = ledger
    this.#meets = meets
    this.lastEventId = lastEventId
  }

  override drain(): void {
    if (this.isFull) this.#refused = false
    super.drain()
  }

  protected receive(events: readonly TestEvent[]): void {
    if (this.isFull) this.#checkRoom(events)
    for (const event of events) {
      this.#ledger.receives(event)
      this.lastEventId = event.id || this.lastEventId
      if (event.event !== 'sse.ping') continue
      this.pings++
      this.#meets('a heartbeat with an id')
    }
  }

  #checkRoom(events: readonly TestEvent[]): void {
    if (!events.some(({ event }) => event === 'message')) return
    if (this.#refused) this.#ledger.breach('room first', 'it was full, and got events all the same')
    this.#refused = true
    this.#meets('an event that fills the transport')
  }
}
