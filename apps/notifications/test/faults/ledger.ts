import { DatabaseSync } from 'node:sqlite'
import { atOnce } from '../../server/database/work.ts'
import { people } from '../../server/directory.ts'
import { createTopicStore } from '../../server/stores/topics.ts'
import type { Place } from '../../shared/schemas.ts'

/** Receives notifications: a client of a program, or the page in a tab. */
export interface Reader {
  readonly user: string
  /** It shows the inbox, without what the user has archived and deleted. Default: it is told of all that is sent. */
  readonly showsInbox?: boolean
  /** Ids of the notifications it holds, in the order in which they came. */
  held(): readonly number[] | Promise<readonly number[]>
}

/** What is stored, as the database has it: the truth that readers are compared with. */
export interface Ledger {
  readonly size: number
  /** Ids of what was sent to this user, oldest first. */
  of(user: string): number[]
  /** Ids of what this user has in the inbox, oldest first. */
  inboxOf(user: string): number[]
  /** Where this user has put what is not in the inbox, by id. */
  placesOf(user: string): Map<number, Place>
  /** The titles that begin with this, in order. */
  titles(begin: string): string[]
}

export function readLedger(databaseFile: string): Ledger {
  const database = new DatabaseSync(databaseFile, { readOnly: true })
  try {
    const rows = database.prepare('SELECT id, channel, title FROM notifications ORDER BY id').all()
    const places = database.prepare('SELECT user_id, notification_id, place FROM places').all()
    const topics = atOnce(database, createTopicStore())
    const channels = new Map(people.map((one) => [one.id, new Set<string>(topics.channelsOf(one))]))
    const of = (user: string) =>
      rows.filter((row) => channels.get(user)!.has(String(row['channel']))).map((row) => Number(row['id']))
    const placesOf = (user: string) => {
      const own = places.filter((row) => row['user_id'] === user)
      return new Map(own.map((row) => [Number(row['notification_id']), row['place'] as Place]))
    }
    return {
      size: rows.length,
      of,
      inboxOf(user) {
        const elsewhere = placesOf(user)
        return of(user).filter((id) => !elsewhere.has(id))
      },
      placesOf,
      titles: (begin) => rows.map((row) => String(row['title'])).filter((title) => title.startsWith(begin)),
    }
  } finally {
    database.close()
  }
}

/** What the API says of a notification. */
export interface Listed {
  readonly id: number
  readonly from: string
  readonly read: boolean
}

/** All that the API lists for the user of this cookie, page by page, oldest first. */
export async function listAll(origin: string, Cookie: string): Promise<Listed[]> {
  const all: Listed[] = []
  let before: number | null | undefined
  do {
    const query = before ? `&before=${before}` : ''
    const answer = await fetch(`${origin}/api/notifications?limit=200${query}`, { headers: { Cookie } })
    const page = (await answer.json()) as { notifications: Listed[]; next: number | null }
    all.push(...page.notifications)
    before = page.next
  } while (before !== null)
  return all.reverse()
}

/** What a reader holds in the end. */
export interface Held extends Pick<Reader, 'user' | 'showsInbox'> {
  readonly ids: readonly number[]
}

/** What this reader should hold. */
export const expectedOf = (ledger: Ledger, { user, showsInbox = false }: Held): number[] =>
  showsInbox ? ledger.inboxOf(user) : ledger.of(user)

/** In how far what readers hold differs from the ledger, summed over all: `extra` should not be there. */
export function compare(ledger: Ledger, held: readonly Held[]) {
  let lost = 0
  let extra = 0
  let repeated = 0
  for (const reader of held) {
    const seen = new Set(reader.ids)
    const expected = new Set(expectedOf(ledger, reader))
    lost += [...expected].filter((id) => !seen.has(id)).length
    extra += [...seen].filter((id) => !expected.has(id)).length
    repeated += reader.ids.length - seen.size
  }
  return { lost, extra, repeated }
}
