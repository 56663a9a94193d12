import { SseError } from '../errors.ts'
import { RateLimit } from '../rate-limit.ts'
import { encodeFields } from '../wire/encode.ts'
import { contentOfEvent, type Frame, frame } from '../wire/frame.ts'
import type { Message } from './message.ts'
import type { Signal } from './signals.ts'

/** The maximum number of volatile events that a hub sends in a second. */
const perSecond = 1_000
/** The maximum size of the signal, in bytes. Brokers take 64 KiB. */
const mostBytes = 49_152

export interface VolatileOptions {
  readonly send: (text: string) => Promise<void>
  readonly deliver: (channels: readonly string[], event: Frame) => void
}

/** Events that are not in the log. They are sent as signals, so they may be lost, but never arrive twice. */
export class Volatile {
  readonly #options: VolatileOptions
  readonly #rate = new RateLimit(perSecond)

  constructor(options: VolatileOptions) {
    this.#options = options
  }

  /** @throws {SseError} (rejected) `event-too-large`, `busy` */
  async send({ channels, event, data }: Message): Promise<undefined> {
    const signal: Signal = { type: 'volatile', channels, event, data }
    const text = JSON.stringify(signal)
    const bytes = Buffer.byteLength(text)
    if (bytes > mostBytes) {
      const message = `The volatile event has ${bytes} bytes, and ${mostBytes} are allowed: publish a reference to it, or publish it to the log.`
      throw new SseError('event-too-large', message)
    }
    if (!this.#rate.take('')) {
      const message = `This hub has sent ${perSecond} volatile events in this second: send fewer, for example one per frame.`
      throw new SseError('busy', message)
    }
    await this.#options.send(text)
  }

  onSignal({ channels, event, data }: Extract<Signal, { type: 'volatile' }>): void {
    const fields = { event, data }
    this.#options.deliver(channels, frame(encodeFields(fields), contentOfEvent(fields)))
  }
}
