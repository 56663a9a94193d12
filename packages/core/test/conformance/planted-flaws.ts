import { endOfTurn } from '../../src/end-of-turn.ts'
import type { Broker, Page, Receiver } from '../../src/log/broker.ts'
import { EndedSet } from '../../src/log/ended-channels.ts'
import { IdempotencyKeys } from '../../src/log/idempotency-keys.ts'
import { type RecordLimits, removedEvent } from '../../src/log/records.ts'
import type { BrokerSubject } from '../../src/testing/conformance/broker-subject.ts'
import { RemoteBroker, RemoteLog, remoteSubject } from './remote-broker.ts'

/** What a broker does wrong, and the names of the cases that must notice. */
export interface Flaw {
  readonly flaw: string
  readonly noticedBy: RegExp
  readonly subject: BrokerSubject<RemoteLog>
}

type Append = RemoteLog['append']

/** What is wrong: each function gets what is right, and answers what replaces it. */
interface Wrong {
  /** In the log, for all of its brokers. */
  log?(log: RemoteLog): Partial<RemoteLog>
  /** In what a publish makes of the log. */
  append?(right: Append, log: RemoteLog): Append
  /** In a broker. */
  broker?(right: Broker, log: RemoteLog, self: RemoteBroker): Partial<RemoteBroker>
  /** In what a broker tells its receiver. */
  receiver?(right: Receiver): Partial<Receiver>
  /** In the answer to a read. */
  page?(page: Page, cursor: string, log: RemoteLog): Page
  /** In what happens to a log. */
  subject?: Partial<BrokerSubject<RemoteLog>>
}

function plant(flaw: string, noticedBy: RegExp, wrong: Wrong): Flaw {
  const createLog = (limits?: Partial<RecordLimits>) => {
    const log = new RemoteLog(limits)
    Object.assign(log, wrong.log?.(log))
    return Object.assign(log, wrong.append && { append: wrong.append(log.append.bind(log), log) })
  }
  const connect = (log: RemoteLog) => {
    const self = new RemoteBroker(log)
    const right: Broker = {
      start: self.start.bind(self),
      publish: self.publish.bind(self),
      read: self.read.bind(self),
      records: self.records.bind(self),
      ended: self.ended.bind(self),
      signal: self.signal.bind(self),
      close: self.close.bind(self),
    }
    const { receiver: tell, page: answer } = wrong
    return Object.assign(
      self,
      tell && {
        start: (receiver: Receiver) => right.start({ ...bound(receiver), ...tell(bound(receiver)) }),
      },
      answer && {
        read: async (...asked: Parameters<Broker['read']>) =>
          answer(await right.read(...asked), asked[0], log),
      },
      wrong.broker?.(right, log, self),
    )
  }
  return {
    flaw,
    noticedBy,
    subject: { ...remoteSubject, patience: 250, createLog, connect, ...wrong.subject },
  }
}

function bound(receiver: Receiver): Receiver {
  return {
    entries: (batch) => receiver.entries(batch),
    discontinuity: (discontinuity) => receiver.discontinuity(discontinuity),
    health: (state) => receiver.health(state),
    signal: (text) => receiver.signal(text),
  }
}

async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await endOfTurn()
}

let brokers = 0

/** One flaw for each promise of the port. */
export const flaws: readonly Flaw[] = [
  plant('answers an empty head', /^start answers the origin/, {
    broker: ({ start }) => ({ start: async (receiver) => ({ ...(await start(receiver)), head: '' }) }),
  }),
  plant('never tells that it is up', /^start tells/, {
    receiver: () => ({ health() {} }),
  }),
  plant('answers no tail', /^start answers the newest/, {
    broker: ({ start }) => ({ start: async (receiver) => ({ ...(await start(receiver)), tail: [] }) }),
  }),
  plant('hands over what is in the tail too', /^start loses/, {
    broker: ({ start }, log) => ({
      start: async (receiver) => {
        await start(receiver)
        await endOfTurn()
        return { head: log.head, tail: [...log.entries] }
      },
    }),
  }),

  plant('gives ids that are too long', /^ids have the form/, {
    log: (log) => ({ id: (number) => `${log.epoch}-${number}-${'x'.repeat(64)}` }),
  }),
  plant('counts down', /^ids are in/, {
    log: (log) => ({ id: (number) => `${log.epoch}-${1_000 - number}-00000000` }),
  }),
  plant('begins a new epoch with every start', /^ids after/, {
    subject: {
      restart: (log) => {
        log.epoch = 'ffffffff'
      },
    },
  }),
  plant('has ids that are numbers and no more', /^(ids of|a lost|a cursor of a log|a cursor of the)/, {
    log: (log) => ({
      epoch: '00000000',
      gone: ['00000000-0-origin'],
      id: (number) => `00000000-${number}-00000000`,
      reset: () => {
        const keys = new IdempotencyKeys(() => log.time)
        Object.assign(log, { entries: [], keys, gone: log.gone.slice(0, 1) })
      },
    }),
  }),

  plant('answers an id again', /^publish answers/, {
    log: () => ({ id: (number) => `${number % 64}` }),
  }),
  plant('acknowledges before it appends', /^publish has appended once it resolves/, {
    log: (log) => {
      const [append, read] = [log.append.bind(log), log.read.bind(log)]
      const there = new Set<string>()
      return {
        append: (...message) => {
          const published = append(...message)
          void turns(5).then(() => there.add(published.id))
          return published
        },
        read: (...cursor) => {
          const page = read(...cursor)
          return 'gap' in page ? page : { ...page, entries: page.entries.filter(({ id }) => there.has(id)) }
        },
      }
    },
  }),
  plant('hands over nothing', /^publish is/, {
    receiver: () => ({ entries() {} }),
  }),
  plant('appends what is short first', /^publish appends/, {
    broker: ({ publish }) => ({
      publish: async (channels, message, options) => {
        await turns(message.data.length)
        return publish(channels, message, options)
      },
    }),
  }),
  plant('loses one entry in a hundred', /^publish by several/, {
    receiver: ({ entries }) => {
      let count = 0
      return { entries: (batch) => entries(batch.filter(() => ++count % 100 !== 0)) }
    },
  }),
  plant('hands over at once what a receiver publishes while it is handed an entry', /^publish by a/, {
    broker: (_right, log) => ({
      pull: async () => {},
      publish: async (channels, message) => {
        const published = log.append(channels, message)
        const entry = log.entries.at(-1)!
        for (const { receiver } of log.brokers) receiver?.entries([entry])
        return published
      },
    }),
  }),
  plant('reads the message a turn later', /^publish takes/, {
    broker: ({ publish }) => ({
      publish: async (...message) => {
        await endOfTurn()
        return publish(...message)
      },
    }),
  }),
  plant('holds a thousand entries', /^publish of/, {
    append:
      (append, log) =>
      (...message) => {
        log.trim(999)
        return append(...message)
      },
  }),

  plant('changes data', /published: (?!.*(event name|channel))/, {
    append: (append) => (channels, message, options) =>
      append(channels, { ...message, data: `${message.data}.` }, options),
  }),
  plant('changes event names', /published: .*event name/, {
    append: (append) => (channels, message, options) =>
      append(channels, { ...message, event: `${message.event}.` }, options),
  }),
  plant('changes channels', /published: .*channel/, {
    append: (append) => (channels, message, options) => append([...channels, channels[0]!], message, options),
  }),

  plant('ignores keys', /^a repeated/, {
    append:
      (append) =>
      (channels, message, { record } = {}) =>
        append(channels, message, { record }),
  }),
  plant('has keys per broker', /^a key holds for all/, {
    broker: ({ publish }) => {
      const number = brokers++
      return {
        publish: (channels, message, { idempotencyKey: key } = {}) =>
          publish(channels, message, key === undefined ? {} : { idempotencyKey: `${number}:${key}` }),
      }
    },
  }),
  plant('looks for the key well before it appends', /^publishes with one key/, {
    broker: ({ publish }, log) => ({
      publish: async (channels, message, { idempotencyKey: key } = {}) => {
        const known = key === undefined ? undefined : log.keys.get(key)
        if (known !== undefined) return { id: known, duplicate: true }
        const published = await publish(channels, message)
        if (key !== undefined) log.keys.set(key, published.id)
        return published
      },
    }),
  }),
  plant('cuts keys off at 64 bytes', /^keys are/, {
    append:
      (append) =>
      (channels, message, { idempotencyKey: key, ...options } = {}) =>
        append(channels, message, { ...options, idempotencyKey: key?.slice(0, 64) }),
  }),
  plant('has one key for all that have none', /^without a/, {
    append:
      (append) =>
      (channels, message, { idempotencyKey = '', ...options } = {}) =>
        append(channels, message, { ...options, idempotencyKey }),
  }),
  plant('holds keys for ever', /^a key holds for ten/, {
    subject: { advance() {} },
  }),
  plant('forgets a key with its entry', /^a key outlives/, {
    subject: {
      trim: (log, keep) => {
        log.trim(keep)
        log.keys = new IdempotencyKeys(() => log.time)
      },
    },
  }),

  plant('answers every entry of a record', /^records answers/, {
    broker: (_, log) => ({
      records: async () => ({
        position: log.head,
        entries: log.entries.filter(({ record }) => record !== undefined),
      }),
    }),
  }),
  plant('forgets the name of a record when it hands over', /^an entry has/, {
    receiver: ({ entries }) => ({
      entries: (batch) => entries(batch.map(({ record: _, ...entry }) => entry)),
    }),
  }),
  plant('has one record of a name over all channels', /^a record of several/, {
    append:
      (append, log) =>
      (channels, message, options = {}) => {
        if (options.record !== undefined)
          for (const records of log.records.values())
            records.apply({ ...log.entries[0]!, event: removedEvent, record: options.record })
        return append(channels, message, options)
      },
  }),
  plant('loses a removal', /^sse\.removed/, {
    append:
      (append) =>
      (channels, message, { idempotencyKey, record } = {}) =>
        append(channels, message, {
          idempotencyKey,
          record: message.event === removedEvent ? undefined : record,
        }),
  }),
  plant('sets a record although its key was used', /^a repeat under/, {
    append:
      (append, log) =>
      (channels, message, options = {}) => {
        const published = append(channels, message, options)
        const entry = { ...log.entries.at(-1)!, data: message.data, record: options.record }
        for (const channel of channels) log.records.get(channel)?.apply(entry)
        return published
      },
  }),
  plant('takes its records one entry too late', /^records are/, {
    broker: ({ records }) => ({
      records: async (channels) => {
        const { entries } = await records!(channels)
        await turns(3)
        return { entries, position: (await records!(channels)).position }
      },
    }),
  }),
  plant('forgets records with their entries', /^records outlive their entries/, {
    subject: {
      trim: (log, keep) => {
        log.trim(keep)
        log.records.clear()
      },
    },
  }),
  plant('forgets records in a restart', /^records outlive their brokers/, {
    subject: { restart: (log) => log.records.clear() },
  }),

  plant('skips an entry of a page', /^read goes/, {
    page: (page) =>
      'entries' in page && page.entries.length > 2
        ? { ...page, entries: page.entries.toSpliced(1, 1) }
        : page,
  }),
  plant('ignores the limit', /^read answers/, {
    broker: ({ read }) => ({ read: (cursor, { signal }) => read(cursor, { limit: 1_000, signal }) }),
  }),
  plant('takes a full page for one that is not done', /^read is/, {
    broker: ({ read }) => ({
      read: async (cursor, options) => {
        const page = await read(cursor, options)
        return 'gap' in page ? page : { ...page, done: page.entries.length < options.limit }
      },
    }),
  }),
  plant('answers the first page again', /^read from/, {
    page: (page, cursor, log) => (cursor === log.head ? log.read(log.gone.at(-1)!, 10) : page),
  }),
  plant('drops what comes while it reads', /^read loses/, {
    broker: ({ read }, log) => ({
      read: async (cursor, options) => {
        const [page, before] = [await read(cursor, options), log.entries.length]
        await turns(3)
        if ('gap' in page || log.entries.length === before) return page
        return { entries: page.entries.slice(1), done: page.done }
      },
    }),
  }),
  plant('reads although it was aborted', /^read with/, {
    broker: ({ read }) => ({
      read: (cursor, { limit }) => read(cursor, { limit, signal: new AbortController().signal }),
    }),
  }),
  plant('never settles when it is aborted', /^read settles/, {
    broker: ({ read }) => ({
      read: async (cursor, options) => {
        const page = await read(cursor, { ...options, signal: new AbortController().signal })
        return options.signal.aborted ? new Promise<Page>(() => {}) : page
      },
    }),
  }),
  plant('leaves a listener on the signal', /^read leaves/, {
    broker: ({ read }) => ({
      read: (cursor, options) => {
        options.signal.addEventListener('abort', () => {})
        return read(cursor, options)
      },
    }),
  }),

  plant('begins anew after an unknown cursor', /^a text that is no cursor is unknown, /, {
    page: (page, _, log) =>
      'gap' in page && page.gap === 'unknown' ? { ...page, resumeAt: log.gone.at(-1)! } : page,
  }),
  plant('tells no gap while it has no entry', /^a text that is no cursor is unknown to/, {
    page: (page, _, log) => (log.entries.length === 0 ? { entries: [], done: true } : page),
  }),
  plant('takes 0 for the origin', /^a number/, {
    page: (page, cursor, log) => (cursor === '0' ? log.read(log.gone.at(-1)!, 10) : page),
  }),
  plant('takes leading zeros', /^an id/, {
    broker: ({ read }) => ({ read: (cursor, options) => read(cursor.replace(/-0+(\d)/, '-$1'), options) }),
  }),
  plant('goes on after the oldest entry when there is a gap', /^a cursor (of another|that)/, {
    page: (page, _, log) =>
      'gap' in page && log.entries[0] ? { ...page, resumeAt: log.entries[0].id } : page,
  }),
  plant('tells a gap before the oldest entry', /^the position/, {
    page: (page, cursor, log) =>
      cursor === log.gone.at(-1) ? { gap: 'trimmed', resumeAt: log.entries[0]!.id } : page,
  }),
  plant('goes on with what is held between two pages', /^a page/, {
    page: (page, cursor, log) =>
      'gap' in page && log.gone.indexOf(cursor) > 0 ? log.read(page.resumeAt, 10) : page,
  }),

  plant('forgets its head with its entries', /^a log/, {
    subject: { trim: (log, keep) => (keep === 0 ? log.reset() : log.trim(keep)) },
  }),
  plant('answers a tail that follows what was let go', /^start after/, {
    broker: ({ start }, log) => ({
      start: async (receiver) => {
        const { head, tail } = await start(receiver)
        const [first, ...others] = tail
        return { head, tail: first ? [{ ...first, previous: log.gone[0]! }, ...others] : [] }
      },
    }),
  }),
  plant('forgets everything in a restart', /^a restart (loses no entry|of|frees)/, {
    subject: { restart: (log) => log.reset() },
  }),

  plant('does not tell that it is up again', /^a broker tells/, {
    receiver: ({ health }) => {
      let told = false
      return {
        health: (state) => {
          if (!told || state === 'down') health(state)
          told = true
        },
      }
    },
  }),
  plant('goes on from the head', /^a broker that was cut off hands/, {
    broker: (_right, log, self) => {
      const mend = self.mend.bind(self)
      return {
        mend: () => {
          self.position = log.head
          mend()
        },
      }
    },
  }),
  plant('tells no gap', /^(a broker that was cut off while|a broker whose)/, {
    receiver: () => ({ discontinuity() {} }),
  }),
  plant('acknowledges what it could not append', /^(publish while|a restart loses nothing|close settles)/, {
    broker: ({ publish }) => ({
      publish: (...message) => publish(...message).catch(() => ({ id: 'lost', duplicate: false })),
    }),
  }),
  plant('waits for its line before it closes', /^close while/, {
    broker: ({ close, publish }) => ({
      close: async () => {
        await publish(['a'], { data: 'a last word' })
        await close()
      },
    }),
  }),

  plant('keeps records without a limit', /^publish refuses a record that exceeds/, {
    log: () => ({ refuse() {} }),
  }),
  plant('counts records that are removed', /^publish refuses a record that exceeds/, {
    log: (log) => {
      const refuse = log.refuse.bind(log)
      let removed = 0
      return {
        refuse(entry) {
          refuse(entry)
          if (entry.event === removedEvent) removed++
          if (removed > 0 && entry.record !== undefined && entry.event === undefined)
            refuse({ ...entry, data: entry.data.repeat(3) })
        },
      }
    },
  }),
  plant('removes old records without an entry', /^a record that nobody sets/, {
    log: (log) => ({
      removeOld: () => log.records.clear(),
    }),
  }),
  plant('removes no old records', /^a record that nobody sets/, { log: () => ({ removeOld() {} }) }),

  plant('knows every channel that has ever ended', /^(ended|an end outlives its entry)/, {
    broker: (_, log) => {
      const ever = new Set<string>()
      return {
        ended: async () => {
          for (const { event, channels } of log.entries)
            if (event === 'sse.end') for (const channel of channels) ever.add(channel)
          return { position: log.head, channels: [...ever] }
        },
      }
    },
  }),
  plant('forgets an end with its entry', /^an end outlives its entry/, {
    log: (log) => {
      const trim = log.trim.bind(log)
      return {
        trim(keep) {
          trim(keep)
          log.ended = new EndedSet()
        },
      }
    },
  }),
  plant('forgets the ends when it closes', /^an end outlives its brokers/, {
    broker: ({ close }, log) => ({
      close: async () => {
        log.ended = new EndedSet()
        await close()
      },
    }),
  }),

  plant('tells others only', /^signal reaches the receiver of/, {
    broker: (_, log, self) => ({
      signal: async (text) => {
        for (const other of log.brokers) if (other !== self) other.hear(text)
      },
    }),
  }),
  plant('tells itself only', /^signal reaches the receivers/, {
    broker: (_, __, self) => ({ signal: async (text) => self.hear(text) }),
  }),
  plant('sends the newest first', /^signals of/, {
    broker: ({ signal }) => {
      const held: string[] = []
      return {
        signal: async (text) => {
          held.push(text)
          if (held.length > 1 || text === '49') for (const one of held.splice(0).reverse()) await signal(one)
        },
      }
    },
  }),
  plant('puts signals into the log', /^a signal/, {
    broker: ({ signal }, log) => ({
      signal: async (text) => {
        log.append(['signals'], { data: text })
        await signal(text)
      },
    }),
  }),
  plant('keeps signals for those that start', /^a broker that starts/, {
    log: () => ({ kept: [] }) as Partial<RemoteLog>,
    broker: ({ start, signal }, log) => {
      const { kept } = log as RemoteLog & { readonly kept: string[] }
      return {
        start: async (receiver) => {
          const started = await start(receiver)
          for (const text of kept) receiver.signal(text)
          return started
        },
        signal: async (text) => {
          kept.push(text)
          await signal(text)
        },
      }
    },
  }),
  plant('waits for its log with a signal', /^signal settles/, {
    broker: ({ signal, publish }) => ({
      signal: async (text) => {
        await publish(['x'], { data: text })
        await signal(text)
      },
    }),
  }),
  plant('sends signals when it is closed', /^after close a/, {
    broker: (_, log) => ({
      signal: async (text) => {
        for (const one of log.brokers) one.hear(text)
      },
    }),
  }),

  plant('goes on handing over when it is closed', /^close ends/, {
    broker: (_, log, self) => ({
      close: async () => {
        log.brokers.add(self)
      },
    }),
  }),
  plant('cannot be closed twice', /^close (is|of)/, {
    broker: ({ close }) => {
      let closed = false
      return {
        close: async () => {
          if (closed) throw new Error('The client is closed')
          closed = true
          await close()
        },
      }
    },
  }),
  plant('publishes when it is closed', /^after close (every|nothing)/, {
    broker: (_, log) => ({ publish: async (channels, message) => log.append(channels, message) }),
  }),
]
