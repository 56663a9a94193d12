/** What was stored and is still to be published: rows of the same database, written by the same commit as the data. */
import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'

/** An event on its way to the log. */
export interface OutboxRow {
  readonly id: number
  /** The same at every attempt: the log knows it again, and an event whose acknowledgement was lost is not published twice. */
  readonly key: string
  readonly channel: string
  readonly event: string
  readonly data: unknown
}

export interface Outbox {
  /** Within the transaction of the data. */
  add(channel: string, event: string, data: unknown): void
  /** The oldest row, in the order of the commits; `undefined` when everything is published. */
  next(): OutboxRow | undefined
  /** It is in the log. */
  done(id: number): void
  /** It can never be published. It is kept, out of the way of the others, so that somebody can find out why. */
  refused(id: number, why: string): void
  /**
   * One process publishes at a time, so that the log has the order of the commits. Taken for a while, because a process may end without letting go.
   *
   * @returns whether it is this process
   */
  take(owner: string, milliseconds: number): boolean
  release(owner: string): void
}

export const outboxTables = `
  CREATE TABLE outbox (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    key     TEXT NOT NULL,
    channel TEXT NOT NULL,
    event   TEXT NOT NULL,
    data    TEXT NOT NULL, -- JSON
    refused TEXT           -- why, if it was
  ) STRICT;
  CREATE INDEX outbox_waiting ON outbox (id) WHERE refused IS NULL;
  CREATE TABLE outbox_owner (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    owner    TEXT NOT NULL,
    until    INTEGER NOT NULL -- milliseconds since the epoch
  ) STRICT;
  INSERT INTO outbox_owner VALUES (1, '', 0);`

export function createOutbox(database: DatabaseSync, now: () => number = Date.now): Outbox {
  const insert = database.prepare('INSERT INTO outbox (key, channel, event, data) VALUES (?, ?, ?, ?)')
  const oldest = database.prepare('SELECT * FROM outbox WHERE refused IS NULL ORDER BY id LIMIT 1')
  const remove = database.prepare('DELETE FROM outbox WHERE id = ?')
  const refuse = database.prepare('UPDATE outbox SET refused = ? WHERE id = ?')
  const take = database.prepare(
    'UPDATE outbox_owner SET owner = :owner, until = :until WHERE owner = :owner OR until <= :now',
  )
  const release = database.prepare('UPDATE outbox_owner SET until = 0 WHERE owner = ?')

  return {
    add(channel, event, data) {
      insert.run(randomUUID(), channel, event, JSON.stringify(data))
    },
    next() {
      const row = oldest.get()
      return (
        row && {
          id: Number(row['id']),
          key: String(row['key']),
          channel: String(row['channel']),
          event: String(row['event']),
          data: JSON.parse(String(row['data'])),
        }
      )
    },
    done(id) {
      remove.run(id)
    },
    refused(id, why) {
      refuse.run(why, id)
    },
    take(owner, milliseconds) {
      return take.run({ owner, until: now() + milliseconds, now: now() }).changes === 1
    },
    release(owner) {
      release.run(owner)
    },
  }
}
