import type { Broker } from './broker.ts'

/** Wraps a broker, and replaces some of its methods. */
export function wrapped(broker: Broker, calls: Partial<Broker>): Broker {
  return {
    start: (receiver) => broker.start(receiver),
    publish: (...message) => broker.publish(...message),
    read: (...cursor) => broker.read(...cursor),
    ...(broker.records && { records: (channels) => broker.records!(channels) }),
    ...(broker.ended && { ended: () => broker.ended!() }),
    signal: (text) => broker.signal(text),
    close: () => broker.close(),
    ...calls,
  }
}
