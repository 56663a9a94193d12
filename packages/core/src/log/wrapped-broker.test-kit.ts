import type { Broker } from './broker.ts'

/** A broker some of whose calls a test has replaced. */
export function wrapped(broker: Broker, calls: Partial<Broker>): Broker {
  return {
    start: (receiver) => broker.start(receiver),
    publish: (...message) => broker.publish(...message),
    read: (...cursor) => broker.read(...cursor),
    ...(broker.records && { records: (channels) => broker.records!(channels) }),
    signal: (text) => broker.signal(text),
    close: () => broker.close(),
    ...calls,
  }
}
