import type { Hub } from '@sse/core'
import { Decoder } from '@sse/core/internal'
import type { TestEvent } from '@sse/core/testing'

type Transport = Parameters<Hub['stream']>[0]
type Frames = Parameters<Transport['write']>[0]

/** A transport without a connection: it hands what is written to `receive`, and is full for as long as the test says. */
export abstract class ReceivingTransport implements Transport {
  onDrain: Transport['onDrain']
  onClose: Transport['onClose']
  opened = false
  closed = false
  /** Whether writes wait from now on. */
  isFull = false
  /** Bytes that were written while it was full. */
  pending = 0
  #decoder = new Decoder()

  /** Takes the events of one write. */
  protected abstract receive(events: readonly TestEvent[], bytes: number): void

  open(): void {
    this.opened = true
    this.#decoder = new Decoder()
  }

  write(frames: Frames): boolean {
    const bytes = Buffer.concat(frames.map((frame) => frame.bytes))
    if (this.isFull) this.pending += bytes.length
    this.receive(
      this.#decoder.decode(bytes.toString()).filter((item) => item.type === 'event'),
      bytes.length,
    )
    return !this.isFull
  }

  /** The client has read everything, and there is room again. */
  drain(): void {
    if (!this.isFull) return
    this.isFull = false
    this.pending = 0
    this.onDrain?.()
  }

  /** The client goes away. */
  leave(): void {
    if (this.closed) return
    this.closed = true
    this.onClose?.()
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
}
