import { endOfTurn } from '../../src/end-of-turn.ts'
import { appending, broker, event, type Flaw, through, told, turns } from './flaw.ts'
import { RemoteLog } from './remote-broker.ts'

const seam = 'start loses and repeats nothing of what is published before and during it'
const handedBack = 'publish is handed back to its own receiver'
const order = 'publish appends in the order of the calls, awaited or not'
const oneLog = 'publish by several brokers at once makes one log, in one order for all'
const tail = 'start answers the newest entries, the last of which is the head'

/** What can go wrong between a publish and the receivers. */
export const logFlaws: readonly Flaw[] = [
  broker('loses what comes while it starts', seam, ({ start }) => ({
    start: async (receiver) => {
      let ready = false
      const answer = await start({
        ...through(receiver),
        entries: (batch) => void (ready && receiver.entries(batch)),
      })
      await turns(2)
      ready = true
      return answer
    },
  })),
  broker('hands over what is in the tail too', seam, ({ start }, log) => ({
    start: async (receiver) => {
      await start(receiver)
      await endOfTurn()
      return { head: log.head, tail: [...log.entries] }
    },
  })),
  broker('answers no tail', tail, ({ start }) => ({
    start: async (receiver) => ({ ...(await start(receiver)), tail: [] }),
  })),
  broker('answers the tail newest first', tail, ({ start }) => ({
    start: async (receiver) => {
      const { head, tail: entries } = await start(receiver)
      return { head, tail: [...entries].reverse() }
    },
  })),
  broker(
    'answers an empty head for a new log',
    'start answers the origin of a new log as the head, with an empty tail',
    ({ start }) => ({
      start: async (receiver) => {
        const { tail: entries } = await start(receiver)
        return { head: entries.at(-1)?.id ?? '', tail: entries }
      },
    }),
  ),
  told('never tells that it is up', 'start tells by the time it resolves that the broker is up', () => ({
    health() {},
  })),
  told('hands over every batch twice', handedBack, ({ entries }) => ({
    entries: (batch) => void [batch, batch].map(entries),
  })),
  told('hands over nothing', handedBack, () => ({ entries() {} })),
  told('has itself as previous', handedBack, ({ entries }) => ({
    entries: (batch) => entries(batch.map((entry) => ({ ...entry, previous: entry.id }))),
  })),
  told('hands over a batch backwards', order, ({ entries }) => ({
    entries: (batch) => entries([...batch].reverse()),
  })),
  told('loses one entry in a hundred', oneLog, ({ entries }) => {
    let count = 0
    return { entries: (batch) => entries(batch.filter(() => ++count % 100 !== 0)) }
  }),
  told('tells a gap where there is none', handedBack, ({ entries, discontinuity }) => ({
    entries: (batch) => {
      discontinuity({ reason: 'trimmed', head: batch[0]!.previous })
      entries(batch)
    },
  })),
  broker('looks for new entries only when it has published one', seam, ({ publish }, _, self) => {
    const pull = self.pull.bind(self)
    return {
      pull: async () => {},
      publish: async (...message) => {
        const published = await publish(...message)
        await pull()
        return published
      },
    }
  }),
  event(
    'acknowledges before it appends',
    'publish has appended once it resolves: the entry can be read (I5)',
    {
      createLog: lagging,
    },
  ),
  broker('appends what is short first', order, ({ publish }) => ({
    publish: async (channels, message, options) => {
      await turns(message.data.length)
      return publish(channels, message, options)
    },
  })),
  broker(
    'reads the message when it gets round to it',
    'publish takes what it was given at the call: a later change does not reach the log',
    ({ publish }) => ({
      publish: async (...message) => {
        await endOfTurn()
        return publish(...message)
      },
    }),
  ),
  event('answers ids with spaces', 'publish answers a new id each time', {
    createLog: () => Object.assign(new RemoteLog(), { id: (n: number) => `id ${n}` }),
  }),
  event('answers ids that are too long', 'publish answers a new id each time', {
    createLog: () => Object.assign(new RemoteLog(), { id: (n: number) => `${n}`.padStart(65, '0') }),
  }),
  event('answers an id again', 'publish answers a new id each time', {
    createLog: () => Object.assign(new RemoteLog(), { id: (n: number) => `${n % 64}` }),
  }),
  broker(
    'reads from a replica that lags',
    'publish has appended once it resolves, also for another broker (I5)',
    ({ publish, read }, log) => {
      const own = new Set<string>()
      return {
        publish: async (...message) => {
          const published = await publish(...message)
          own.add(published.id)
          return published
        },
        read: async (cursor, options) => {
          const before = new Set(log.entries.map(({ id }) => id))
          const page = await read(cursor, options)
          if ('gap' in page) return page
          const replicated = log.entries.length === before.size ? new Set<string>() : before
          return { ...page, entries: page.entries.filter(({ id }) => own.has(id) || replicated.has(id)) }
        },
      }
    },
  ),
  broker(
    'hands over at once what a receiver publishes while it is handed an entry',
    'publish by a receiver that is being handed an entry keeps the order for all',
    (_right, log) => ({
      pull: async () => {},
      publish: async (channels, message) => {
        const published = log.append(channels, message)
        const entry = log.entries.at(-1)!
        for (const { receiver } of log.brokers) receiver?.entries([entry])
        return published
      },
    }),
  ),
  appending(
    'holds a thousand entries',
    'publish of 5,000 entries: what is read back page by page is what was received',
    (append, log) =>
      (...message) => {
        log.trim(999)
        return append(...message)
      },
  ),
]

/** A log that has an entry some turns after it has answered its id. */
function lagging(): RemoteLog {
  const log = new RemoteLog()
  const [append, read] = [log.append.bind(log), log.read.bind(log)]
  const there = new Set<string>()
  return Object.assign(log, {
    append: (...message: Parameters<typeof append>) => {
      const published = append(...message)
      void turns(5).then(() => there.add(published.id))
      return published
    },
    read: (...cursor: Parameters<typeof read>) => {
      const page = read(...cursor)
      return 'gap' in page ? page : { ...page, entries: page.entries.filter(({ id }) => there.has(id)) }
    },
  })
}
