import type { InboxItem, Place } from '../../../shared/schemas.ts'
import { topicOf } from '../../inbox/views.ts'

/** What has become of some notifications: of these, or of all up to one, of one topic if that is said. */
export interface Change {
  readonly ids?: readonly number[]
  readonly upTo?: number
  readonly topic?: string | undefined
  readonly read?: boolean
  readonly place?: Place
}

/** A change that this page knows of, by the stream or because the reader has just made it here. */
export interface KnownChange extends Change {
  /** The count of changes when it was told; infinite while the server has not answered yet. */
  readonly at: number
  /** Of what was made here: one for each. */
  readonly key?: number | undefined
}

/** No answer takes so long that more come meanwhile. */
const kept = 1000

export function remember(known: readonly KnownChange[], change: KnownChange): KnownChange[] {
  return [...known, change].slice(-kept)
}

export function changed(item: InboxItem, change: Change): InboxItem {
  const { ids, upTo, topic, read = item.read, place = item.place } = change
  const isMeant =
    ids?.includes(item.id) ?? (item.id <= (upTo ?? 0) && (topic === undefined || topicOf(item.to) === topic))
  return isMeant && (read !== item.read || place !== item.place) ? { ...item, read, place } : item
}

/** An item as the server gave it, and what has become of it since it was asked for: the answer need not know that. */
export function broughtUpToDate(item: InboxItem, known: readonly KnownChange[], since: number): InboxItem {
  return known.reduce((item, change) => (change.at > since ? changed(item, change) : item), item)
}
