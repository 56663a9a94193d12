import type { Transport } from '@sse/core'

/** The transport of a client that reads everything at once, and that keeps nothing. */
export class SilentTransport implements Transport {
  readonly pending = 0
  readonly closed = false
  onDrain: Transport['onDrain']
  onClose: Transport['onClose']
  open(): void {}
  write(): boolean {
    return true
  }
  end(): void {}
  refuse(): void {}
  destroy(): void {}
}
