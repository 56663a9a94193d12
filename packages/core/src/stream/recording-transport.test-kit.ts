import type { Refusal } from '../response/refusal.ts'
import type { Transport } from '../response/transport.ts'
import { Decoder, type StreamItem } from '../wire/decode.ts'
import type { Frame } from '../wire/frame.ts'

/** A transport for tests. It records everything that is written, and a test can fill, drain or close it. */
export class RecordingTransport implements Transport {
  onDrain: (() => void) | undefined
  onClose: (() => void) | undefined
  state: 'idle' | 'open' | 'ended' | 'refused' | 'destroyed' = 'idle'
  refusal: Refusal | undefined
  closed = false
  pending = 0
  writes = 0
  readonly items: StreamItem[] = []
  readonly #decoder = new Decoder()
  #full = false

  open(): void {
    this.state = 'open'
  }

  write(frames: readonly Frame[]): boolean {
    this.writes++
    for (const { bytes } of frames) {
      this.items.push(...this.#decoder.decode(new TextDecoder().decode(bytes)))
      if (this.#full) this.pending += bytes.length
    }
    return !this.#full
  }

  end(): void {
    this.state = 'ended'
  }

  refuse(refusal: Refusal): void {
    this.state = 'refused'
    this.refusal = refusal
  }

  destroy(): void {
    this.state = 'destroyed'
  }

  /** From now on every write fills the buffer. */
  fill(): void {
    this.#full = true
  }

  drain(): void {
    this.#full = false
    this.pending = 0
    this.onDrain?.()
  }

  /** The client leaves. */
  leave(): void {
    this.closed = true
    this.onClose?.()
  }

  /** The events that were written: all, or those of one name. */
  events(name?: string) {
    return this.items.filter(
      (item) => item.type === 'event' && (name === undefined || item.event === name),
    ) as Extract<StreamItem, { type: 'event' }>[]
  }

  /** The data of the events of this name. */
  data(name: string): string[] {
    return this.events(name).map((event) => event.data)
  }
}
