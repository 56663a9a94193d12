import type { InboxItem, Recipient } from '../../../shared/schemas.ts'
import { groupByDay } from './days.ts'

export type Grouping = 'day' | 'source'

export interface Group {
  readonly key: string | number
  readonly label: string
  readonly items: readonly InboxItem[]
}

/** Items, newest first, under headings. Groups by source stand in the order of their newest item. */
export function groupBy(
  grouping: Grouping,
  items: readonly InboxItem[],
  { now, locale, sourceName }: { now: Date; locale: string; sourceName(to: Recipient): string },
): Group[] {
  if (grouping === 'day') {
    return groupByDay(items, now, locale).map(({ start, ...group }) => ({ key: start, ...group }))
  }
  const sources = Map.groupBy(items, ({ to }) => to)
  return [...sources].map(([to, items]) => ({ key: to, label: sourceName(to), items }))
}
