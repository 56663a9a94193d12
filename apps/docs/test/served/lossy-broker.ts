import { type Broker, SseError } from '@sse/express'

/** A log that can be lost and found again, as one behind a network. */
export interface LossyBroker extends Broker {
  lost: boolean
}

export function lossy(broker: Broker): LossyBroker {
  const wrapped: LossyBroker = {
    lost: false,
    start: (receiver) => broker.start(receiver),
    async publish(...event) {
      if (wrapped.lost) throw new SseError('log-unreachable', 'The log cannot be reached.')
      return broker.publish(...event)
    },
    read: (after, options) => broker.read(after, options),
    signal: (text) => broker.signal(text),
    close: () => broker.close(),
  }
  return wrapped
}
