import { broker, event, type Flaw, told } from './flaw.ts'
import { RemoteLog, remoteSubject } from './remote-broker.ts'

const all = 'signal reaches the receivers of all brokers that have started, once each'

/** What can go wrong with signals and with ids. */
export const signalFlaws: readonly Flaw[] = [
  broker('tells others only', 'signal reaches the receiver of the broker itself', (_, log, self) => ({
    signal: async (text) => {
      for (const other of log.brokers) if (other !== self) other.hear(text)
    },
  })),
  broker('cuts long signals', 'signal reaches the receiver of the broker itself', ({ signal }) => ({
    signal: (text) => signal(text.slice(0, 1_000)),
  })),
  broker('tells itself only', all, (_, __, self) => ({
    signal: async (text) => self.hear(text),
  })),
  told('is told signals twice', all, (receiver) => ({
    signal: (text) => {
      receiver.signal(text)
      receiver.signal(text)
    },
  })),
  broker('sends the newest first', 'signals of one broker arrive in the order of the calls', ({ signal }) => {
    const held: string[] = []
    return {
      signal: async (text) => {
        held.push(text)
        if (held.length > 1 || text === '49') for (const one of held.splice(0).reverse()) await signal(one)
      },
    }
  }),
  broker('puts signals into the log', 'a signal takes no place in the log', ({ signal }, log) => ({
    signal: async (text) => {
      log.append(['signals'], { data: text })
      await signal(text)
    },
  })),
  event('keeps signals for those that start', 'a broker that starts is not told the signals from before', {
    createLog: () => {
      const log = new RemoteLog()
      return Object.assign(log, { kept: [] as string[] })
    },
    connect: (log) => {
      const one = remoteSubject.connect(log)
      const { kept } = log as RemoteLog & { kept: string[] }
      const [start, signal] = [one.start.bind(one), one.signal.bind(one)]
      return Object.assign(one, {
        start: async (receiver: Parameters<typeof start>[0]) => {
          const started = await start(receiver)
          for (const text of kept) receiver.signal(text)
          return started
        },
        signal: async (text: string) => {
          kept.push(text)
          await signal(text)
        },
      })
    },
  }),
  broker(
    'waits for its log with a signal',
    'signal settles while the broker does not reach its log, and works again after it',
    ({ signal, publish }) => ({
      signal: async (text) => {
        await publish(['x'], { data: text })
        await signal(text)
      },
    }),
  ),
  broker(
    'sends signals when it is closed',
    'after close a signal is neither sent nor received',
    (_, log) => ({
      signal: async (text) => {
        for (const one of log.brokers) one.hear(text)
      },
    }),
  ),
  ids(
    'gives ids that are too long',
    'ids have the form <epoch>-<number>[.<number>][-<nonce>], in at most 64 bytes',
    (epoch, number) => `${epoch}-${number}-${'x'.repeat(64)}`,
  ),
  ids(
    'counts down',
    'ids are in the order of the log',
    (epoch, number) => `${epoch}-${1_000 - number}-00000000`,
  ),
  event('has one epoch for all logs', 'ids of two logs cannot be ordered', {
    createLog: () => Object.assign(new RemoteLog(), { epoch: '00000000', gone: ['00000000-0-origin'] }),
  }),
  event('begins a new epoch with every start', 'ids after a restart follow those from before it', {
    restart: (log) => {
      log.epoch = 'ffffffff'
    },
  }),
  event('gives an id twice', 'a lost entry is never ordered as the same as the one that took its place', {
    createLog: () => {
      const log = new RemoteLog()
      return Object.assign(log, { id: (number: number) => `${log.epoch}-${number}-00000000` })
    },
  }),
]

function ids(flaw: string, caughtBy: string, id: (epoch: string, number: number) => string): Flaw {
  return event(flaw, caughtBy, {
    createLog: () => {
      const log = new RemoteLog()
      return Object.assign(log, { id: (number: number) => id(log.epoch, number) })
    },
  })
}
