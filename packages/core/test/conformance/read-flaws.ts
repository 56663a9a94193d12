import type { Page } from '../../src/log/broker.ts'
import { broker, type Flaw, reading, turns } from './flaw.ts'
import type { RemoteLog } from './remote-broker.ts'

const everyPosition = 'read goes on from every position, in pages of any size'
const limit = 'read answers at most so many entries as the limit says, the oldest first'
const done = 'read is done exactly when a page reaches the head'
const unknown = 'a text that is no cursor is unknown, and reading goes on from the head'
const changed = 'an id that was changed is no cursor'
const number = 'a number is no cursor, unless it is an id'
const foreign = 'a cursor of another log is forked, and reading goes on before the oldest entry'
const trimmed = 'a cursor that the log let go of is trimmed, and reading goes on before the oldest entry'
const complete = 'the position before the oldest entry is complete, as is every one after it'
const meanwhile = 'read settles when its signal is aborted meanwhile, and the broker goes on'

/** What can go wrong with pages and cursors. */
export const readFlaws: readonly Flaw[] = [
  broker('takes no notice of the limit', limit, ({ read }) => ({
    read: (cursor, { signal }) => read(cursor, { limit: 1_000, signal }),
  })),
  paging('has the newest entries first', limit, ({ entries, done }) => ({
    entries: [...entries].reverse(),
    done,
  })),
  paging('answers the entry at the cursor too', everyPosition, ({ entries, done }, log) => {
    const before = log.entries.findIndex(({ id }) => id === entries[0]?.id) - 1
    return { entries: [...log.entries.slice(Math.max(before, 0), before + 1), ...entries], done }
  }),
  paging('skips an entry after a full page', everyPosition, ({ entries, done }) => ({
    entries: entries.length > 2 ? entries.slice(0, 1).concat(entries.slice(2)) : entries,
    done,
  })),
  paging('is never done', done, ({ entries }) => ({ entries, done: false })),
  paging('is always done', done, ({ entries }) => ({ entries, done: true })),
  broker('takes a full page for one that is not done', done, ({ read }) => ({
    read: async (cursor, options) => {
      const page = await read(cursor, options)
      return 'gap' in page ? page : { ...page, done: page.entries.length < options.limit }
    },
  })),
  broker('takes a page before the last for done', done, ({ read }) => ({
    read: async (cursor, options) => {
      const page = await read(cursor, { ...options, limit: options.limit + 1 })
      return 'gap' in page ? page : { entries: page.entries.slice(0, options.limit), done: page.done }
    },
  })),
  broker(
    'answers the first page again',
    'read from the head answers an empty page that is done',
    ({ read }, log) => ({
      read: (cursor, options) => read(cursor === log.head ? log.gone.at(-1)! : cursor, options),
    }),
  ),
  broker(
    'reads although it was aborted',
    'read with a signal that is aborted rejects with its reason',
    ({ read }) => ({
      read: (cursor, { limit: most }) => read(cursor, { limit: most, signal: new AbortController().signal }),
    }),
  ),
  broker('never settles when it is aborted', meanwhile, ({ read }) => ({
    read: async (cursor, options) => {
      const page = await read(cursor, { ...options, signal: new AbortController().signal })
      return options.signal.aborted ? new Promise<Page>(() => {}) : page
    },
  })),
  broker(
    'leaves a listener on the signal',
    'read leaves no listener on its signal, which lives as long as a stream',
    ({ read }) => ({
      read: (cursor, options) => {
        options.signal.addEventListener('abort', () => {})
        return read(cursor, options)
      },
    }),
  ),
  broker(
    'drops what comes while it reads',
    'read loses and repeats nothing while the log grows',
    ({ read }, log) => ({
      read: async (cursor, options) => {
        const [page, before] = [await read(cursor, options), log.entries.length]
        await turns(3)
        if ('gap' in page || log.entries.length === before) return page
        return { entries: page.entries.slice(1), done: page.done }
      },
    }),
  ),

  gapping('begins anew after what is unknown', unknown, ({ gap, resumeAt }, log) => ({
    gap,
    resumeAt: gap === 'unknown' ? log.gone.at(-1)! : resumeAt,
  })),
  gapping('echoes what is unknown', unknown, ({ gap, resumeAt }, _, cursor) => ({
    gap,
    resumeAt: gap === 'unknown' ? cursor : resumeAt,
  })),
  gapping('says forked of what is unknown', unknown, ({ resumeAt }) => ({ gap: 'forked', resumeAt })),
  reading('takes an empty cursor for the origin', unknown, {
    page: (page, cursor, log) => (cursor === '' ? log.read(log.gone.at(-1)!, 10) : page),
  }),
  reading('knows no gap while it has no entry', 'a text that is no cursor is unknown to a new log too', {
    page: (page, _, log) => (log.entries.length === 0 ? { entries: [], done: true } : page),
  }),
  broker('looks cursors up in an object', unknown, ({ read }) => ({
    read: async (cursor, options) => {
      if (cursor in {}) throw new TypeError('positions[cursor].entries is not iterable')
      return read(cursor, options)
    },
  })),
  reading('takes leading zeros', changed, { cursor: (cursor) => cursor.replace(/-0+(\d)/, '-$1') }),
  reading('takes white space around a cursor', changed, { cursor: (cursor) => cursor.trim() }),
  reading('takes no notice of case', changed, { cursor: (cursor) => cursor.toLowerCase() }),
  reading('takes what begins with an id', changed, {
    cursor: (cursor) => cursor.replace(/(-\d+-[0-9a-f]{8}).+$/, '$1'),
  }),
  reading('takes 0 for the origin', number, {
    page: (page, cursor, log) => (cursor === '0' ? log.read(log.gone.at(-1)!, 10) : page),
  }),
  reading('takes any number for a position', number, {
    page: (page, cursor) => (Number(cursor) > 0 ? { entries: [], done: true } : page),
  }),
  gapping('says unknown of another log', foreign, ({ resumeAt }) => ({ gap: 'unknown', resumeAt })),
  gapping('goes on from the head after a fork', foreign, ({ gap }, log) => ({ gap, resumeAt: log.head })),
  reading('tells no gap', trimmed, {
    page: (page, _, log) => ('gap' in page ? log.read(page.resumeAt, 10) : page),
  }),
  gapping('says forked of what it let go of', trimmed, ({ resumeAt }) => ({ gap: 'forked', resumeAt })),
  gapping('goes on after the oldest entry', trimmed, ({ gap }, log) => ({
    gap,
    resumeAt: log.entries[0]!.id,
  })),
  reading('tells a gap before the oldest entry', complete, {
    page: (page, cursor, log) =>
      cursor === log.gone.at(-1) ? { gap: 'trimmed', resumeAt: log.entries[0]!.id } : page,
  }),
  reading(
    'goes on with what is held between two pages',
    'a page whose entries were let go meanwhile is a gap, not the next ones that are held',
    {
      page: (page, cursor, log) =>
        'gap' in page && log.gone.indexOf(cursor) > 0 ? log.read(page.resumeAt, 10) : page,
    },
  ),
]

type Entries = Extract<Page, { entries: unknown }>
type Gap = Extract<Page, { gap: unknown }>

function paging(flaw: string, caughtBy: string, change: (page: Entries, log: RemoteLog) => Page): Flaw {
  return reading(flaw, caughtBy, { page: (page, _, log) => ('gap' in page ? page : change(page, log)) })
}

function gapping(
  flaw: string,
  caughtBy: string,
  change: (page: Gap, log: RemoteLog, cursor: string) => Page,
): Flaw {
  return reading(flaw, caughtBy, {
    page: (page, cursor, log) => ('gap' in page ? change(page, log, cursor) : page),
  })
}
