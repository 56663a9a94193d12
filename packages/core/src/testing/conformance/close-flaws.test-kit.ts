import { broker, type Flaw } from './flaw.test-kit.ts'

const refuses = 'after close every call rejects with the code closed'
const again = 'close of a started broker is the same the second time'

/** What can go wrong when a broker is closed. */
export const closeFlaws: readonly Flaw[] = [
  broker(
    'goes on handing over when it is closed',
    'close ends what the receiver is told, and leaves the other brokers be',
    (_, log, self) => ({
      close: async () => {
        log.brokers.add(self)
      },
    }),
  ),
  broker(
    'closes all brokers of the log',
    'close ends what the receiver is told, and leaves the other brokers be',
    ({ close }, log) => ({
      close: async () => {
        await close()
        log.brokers.clear()
      },
    }),
  ),
  broker(
    'cannot be closed before it starts',
    'close is the same the second time, at once or later, and before any start',
    ({ close }, _, self) => ({
      close: async () => {
        if (!self.receiver) throw new TypeError("Cannot read properties of undefined (reading 'quit')")
        await close()
      },
    }),
  ),
  broker('cannot be closed twice', again, ({ close }) => {
    let closed = false
    return {
      close: async () => {
        if (closed) throw new Error('The client is closed')
        closed = true
        await close()
      },
    }
  }),
  broker('publishes when it is closed', refuses, (_, log) => ({
    publish: async (channels, message) => log.append(channels, message),
  })),
  broker('reads when it is closed', refuses, (_, log) => ({
    read: async (cursor, { limit }) => log.read(cursor, limit),
  })),
  broker('starts when it is closed', refuses, (_, log) => ({
    start: async () => ({ head: log.head, tail: [] }),
  })),
  broker('hangs when it is closed', refuses, ({ publish }) => ({
    publish: (...message) => publish(...message).catch(() => new Promise<never>(() => {})),
  })),
  broker('says anything when it is closed', refuses, ({ publish }) => ({
    publish: (...message) =>
      publish(...message).catch(() => {
        throw new TypeError('fetch failed')
      }),
  })),
  broker(
    'appends before it looks whether it is closed',
    'after close nothing is appended',
    ({ publish }, log, self) => ({
      publish: async (channels, message, options) => {
        if (!log.brokers.has(self)) log.append(channels, message, options)
        return publish(channels, message, options)
      },
    }),
  ),
  broker(
    'acknowledges at close what it then drops',
    'close settles the publishes that are under way: what resolves is in the log',
    ({ publish }) => ({
      publish: (...message) => publish(...message).catch(() => ({ id: 'dropped', duplicate: false })),
    }),
  ),
]
