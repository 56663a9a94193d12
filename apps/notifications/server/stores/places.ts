/** What each user has archived and deleted. What is neither is in the inbox. */
import type { Place, Recipient } from '../../shared/schemas.ts'
import { all, type Work } from '../database/work.ts'
import type { Person } from '../directory.ts'

export interface PlaceStore {
  /** Puts those of these channels there; returns the ids of those that were elsewhere. */
  move(person: Person, channels: readonly Recipient[], ids: readonly number[], to: Place): Work<number[]>
}

const which = `SELECT id FROM notifications WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(CAST(:ids AS TEXT)))
  AND channel IN (SELECT value FROM json_each(CAST(:channels AS TEXT)))`
const put = `
  INSERT INTO places SELECT CAST(:person AS TEXT), id, CAST(:to AS TEXT) FROM (${which}) AS those WHERE true
  ON CONFLICT (user_id, notification_id) DO UPDATE SET place = excluded.place WHERE excluded.place <> places.place
  RETURNING notification_id AS id`
const takeBack = `
  DELETE FROM places WHERE user_id = :person AND notification_id IN (${which}) RETURNING notification_id AS id`

export function createPlaceStore(): PlaceStore {
  return {
    *move(person, channels, ids, to) {
      const those = { person: person.id, channels: JSON.stringify(channels), ids: JSON.stringify(ids) }
      const rows = yield* to === 'inbox' ? all(takeBack, those) : all(put, { ...those, to })
      return rows.map((row) => Number(row['id']))
    },
  }
}
