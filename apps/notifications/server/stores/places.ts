/** What each user has archived and deleted. What is neither is in the inbox. */
import type { DatabaseSync } from 'node:sqlite'
import type { Place, Recipient } from '../../shared/schemas.ts'
import type { Person } from '../directory.ts'

export interface PlaceStore {
  /** Puts those of these channels there; returns the ids of those that were elsewhere. */
  move(person: Person, channels: readonly Recipient[], ids: readonly number[], to: Place): number[]
}

export function createPlaceStore(database: DatabaseSync): PlaceStore {
  const which = `SELECT id FROM notifications WHERE id IN (SELECT value FROM json_each(:ids))
    AND channel IN (SELECT value FROM json_each(:channels))`
  const put = database.prepare(
    `INSERT INTO places SELECT :person, id, :to FROM (${which}) WHERE true
     ON CONFLICT DO UPDATE SET place = excluded.place WHERE excluded.place <> place RETURNING notification_id AS id`,
  )
  const takeBack = database.prepare(
    `DELETE FROM places WHERE user_id = :person AND notification_id IN (${which}) RETURNING notification_id AS id`,
  )

  return {
    move(person, channels, ids, to) {
      const those = { person: person.id, channels: JSON.stringify(channels), ids: JSON.stringify(ids) }
      const rows = to === 'inbox' ? takeBack.all(those) : put.all({ ...those, to })
      return rows.map((row) => Number(row['id']))
    },
  }
}
