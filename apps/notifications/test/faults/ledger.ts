import { DatabaseSync } from 'node:sqlite'
import { atOnce } from '../../server/database/work.ts'
import { people } from '../../server/directory.ts'
import { createTopicStore } from '../../server/stores/topics.ts'

/** Receives notifications: a client of a program, or the page in a tab. */
export interface Reader {
  readonly user: string
  /** Ids of the notifications it holds, in the order in which they came. */
  held(): readonly number[] | Promise<readonly number[]>
}

/** What is stored, as the database has it: the truth that readers are compared with. */
export interface Ledger {
  readonly size: number
  /** Ids of what this user sees, oldest first. */
  of(user: string): number[]
}

export function readLedger(databaseFile: string): Ledger {
  const database = new DatabaseSync(databaseFile, { readOnly: true })
  try {
    const rows = database.prepare('SELECT id, channel FROM notifications ORDER BY id').all()
    const topics = atOnce(database, createTopicStore())
    const channels = new Map(people.map((one) => [one.id, new Set<string>(topics.channelsOf(one))]))
    return {
      size: rows.length,
      of: (user) =>
        rows.filter((row) => channels.get(user)!.has(String(row['channel']))).map((row) => Number(row['id'])),
    }
  } finally {
    database.close()
  }
}

/** All that the API lists for the user of this cookie, page by page, oldest first. */
export async function listAll(origin: string, Cookie: string): Promise<number[]> {
  const ids: number[] = []
  let before: number | null | undefined
  do {
    const query = before ? `&before=${before}` : ''
    const answer = await fetch(`${origin}/api/notifications?limit=200${query}`, { headers: { Cookie } })
    const page = (await answer.json()) as { notifications: { id: number }[]; next: number | null }
    ids.push(...page.notifications.map(({ id }) => id))
    before = page.next
  } while (before !== null)
  return ids.reverse()
}

/** In how far what readers hold differs from the ledger, summed over all. */
export function compare(ledger: Ledger, held: readonly { user: string; ids: readonly number[] }[]) {
  let lost = 0
  let repeated = 0
  for (const { user, ids } of held) {
    const seen = new Set(ids)
    lost += ledger.of(user).filter((id) => !seen.has(id)).length
    repeated += ids.length - seen.size
  }
  return { lost, repeated }
}
