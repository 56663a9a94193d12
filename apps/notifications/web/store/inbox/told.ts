import type { InboxItem, ReadAll } from '../../../shared/schemas.ts'
import { topicOf } from '../../inbox/views.ts'

/** What the stream has said was read: an answer that was on its way then may not know it yet. */
export interface Told {
  readonly ids: readonly number[]
  /** Everything up to there, of all topics (`''`) or of one. */
  readonly upTo: Readonly<Record<string, number>>
}

export const nothingTold: Told = { ids: [], upTo: {} }

/** No answer takes so long that more come meanwhile. */
const kept = 1000

export function tell(told: Told, ids: readonly number[]): Told {
  return { ...told, ids: [...told.ids, ...ids].slice(-kept) }
}

export function tellAll(told: Told, { upTo, topic = '' }: ReadAll): Told {
  return { ...told, upTo: { ...told.upTo, [topic]: Math.max(upTo, told.upTo[topic] ?? 0) } }
}

export function isToldRead({ ids, upTo }: Told, { id, to }: InboxItem): boolean {
  const topic = topicOf(to)
  return ids.includes(id) || id <= (upTo[''] ?? 0) || (topic !== undefined && id <= (upTo[topic] ?? 0))
}
