import type { Ledger } from '@sse/testbed/ledger'
import type { Transport } from '../../src/response/transport.ts'
import { Decoder } from '../../src/wire/decode.ts'
import type { Frame } from '../../src/wire/frame.ts'
import type { Meets } from './situations.ts'

/** The client's end of a response: it enters what it is given into a ledger, and is full for as long as the script says. */
export class ScriptedTransport implements Transport {
  onDrain: Transport['onDrain']
  onClose: Transport['onClose']
  /** The cursor that the client would come back with. */
  lastEventId: string | undefined
  opened = false
  closed = false
  /** Heartbeats that said where the stream stands. */
  pings = 0
  pending = 0
  readonly #ledger: Ledger
  readonly #meets: Meets
  readonly #decoder = new Decoder()
  #full = false
  /** Whether events from the log were answered with "full" already. */
  #refused = false

  constructor(ledger: Ledger, meets: Meets, lastEventId: string | undefined) {
    this.#ledger = ledger
    this.#meets = meets
    this.lastEventId = lastEventId
  }

  get full(): boolean {
    return this.#full
  }

  open(): void {
    this.opened = true
  }

  write(frames: readonly Frame[]): boolean {
    const text = frames.map(({ bytes }) => Buffer.from(bytes).toString()).join('')
    const events = this.#decoder.decode(text).filter((item) => item.type === 'event')
    if (this.#full) this.#overfill(Buffer.byteLength(text), events)
    for (const event of events) {
      this.#ledger.receives(event)
      this.lastEventId = event.id || this.lastEventId
      if (event.event !== 'sse.ping') continue
      this.pings++
      this.#meets('a heartbeat with an id')
    }
    return !this.#full
  }

  end(): void {
    this.closed = true
  }

  refuse(): void {
    this.closed = true
  }

  destroy(): void {
    this.closed = true
  }

  /** From now on it says that it is full. */
  fill(): void {
    this.#full = true
  }

  drain(): void {
    if (!this.#full) return
    this.#full = false
    this.#refused = false
    this.pending = 0
    this.onDrain?.()
  }

  /** The client goes away. */
  leave(): void {
    if (this.closed) return
    this.closed = true
    this.onClose?.()
  }

  #overfill(bytes: number, events: readonly { readonly event: string }[]): void {
    this.pending += bytes
    if (!events.some(({ event }) => event === 'message')) return
    if (this.#refused) this.#ledger.breach('room first', 'it was full, and got events all the same')
    this.#refused = true
    this.#meets('an event that fills the transport')
  }
}
