import { endOfTurn } from '../../src/end-of-turn.ts'
import type { Broker, Page, Receiver } from '../../src/log/broker.ts'
import type { BrokerSubject } from '../../src/testing/conformance/broker-subject.ts'
import { RemoteBroker, RemoteLog, remoteSubject } from './remote-broker.ts'

/** Something that a broker could get wrong, and the case that must notice. */
export interface Flaw {
  readonly flaw: string
  readonly caughtBy: string
  readonly subject: BrokerSubject<RemoteLog>
}

const sound: BrokerSubject<RemoteLog> = { ...remoteSubject, patience: 250 }

/** A broker some of whose calls are wrong; `right` has those that it had. */
export function broker(
  flaw: string,
  caughtBy: string,
  change: (right: Broker, log: RemoteLog, self: RemoteBroker) => Partial<RemoteBroker>,
): Flaw {
  const connect = (log: RemoteLog) => {
    const self = new RemoteBroker(log)
    const right: Broker = {
      start: self.start.bind(self),
      publish: self.publish.bind(self),
      read: self.read.bind(self),
      signal: self.signal.bind(self),
      close: self.close.bind(self),
    }
    return Object.assign(self, change(right, log, self))
  }
  return { flaw, caughtBy, subject: { ...sound, connect } }
}

/** A broker that tells its receiver something wrong. */
export function told(
  flaw: string,
  caughtBy: string,
  change: (receiver: Receiver) => Partial<Receiver>,
): Flaw {
  return broker(flaw, caughtBy, ({ start }) => ({
    start: (receiver) => {
      const right = through(receiver)
      return start({ ...right, ...change(right) })
    },
  }))
}

/** A receiver that hands on what it is told. */
export function through(receiver: Receiver): Receiver {
  return {
    entries: (batch) => receiver.entries(batch),
    discontinuity: (discontinuity) => receiver.discontinuity(discontinuity),
    health: (state) => receiver.health(state),
    signal: (text) => receiver.signal(text),
  }
}

/** A broker that reads wrongly: another cursor than it was given, or what it then answers. */
export function reading(
  flaw: string,
  caughtBy: string,
  change: {
    cursor?: (cursor: string) => string
    page?: (page: Page, cursor: string, log: RemoteLog) => Page
  },
): Flaw {
  return broker(flaw, caughtBy, ({ read }, log) => ({
    read: async (cursor, options) => {
      const page = await read(change.cursor?.(cursor) ?? cursor, options)
      return change.page?.(page, cursor, log) ?? page
    },
  }))
}

type Append = RemoteLog['append']

/** A log that appends wrongly, for all of its brokers. */
export function appending(
  flaw: string,
  caughtBy: string,
  change: (right: Append, log: RemoteLog) => Append,
): Flaw {
  const createLog = () => {
    const log = new RemoteLog()
    return Object.assign(log, { append: change(log.append.bind(log), log) })
  }
  return { flaw, caughtBy, subject: { ...sound, createLog } }
}

/** A log to which something else happens than should. */
export function event(flaw: string, caughtBy: string, change: Partial<BrokerSubject<RemoteLog>>): Flaw {
  return { flaw, caughtBy, subject: { ...sound, ...change } }
}

export async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await endOfTurn()
}
