import type { InboxItem } from '../../../shared/schemas.ts'

export interface Day {
  /** Midnight of the day in local time, as a key. */
  readonly start: number
  /** "Today", "Yesterday", else the date in words. */
  readonly label: string
  readonly items: InboxItem[]
}

const dayLength = 24 * 60 * 60 * 1000

/** Items, newest first, under the days of the reader's own time zone. */
export function groupByDay(items: readonly InboxItem[], now: Date, locale?: string): Day[] {
  const days = Map.groupBy(items, (item) => startOfDay(new Date(item.createdAt)))
  return [...days].map(([start, itemsOfDay]) => ({
    start,
    label: dayLabel(start, now, locale),
    items: itemsOfDay,
  }))
}

function dayLabel(start: number, now: Date, locale: string | undefined): string {
  // A day has 23 to 25 hours where clocks change, hence the rounding.
  const age = Math.round((startOfDay(now) - start) / dayLength)
  if (age === 0 || age === 1) {
    const text = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-age, 'day')
    return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1)
  }
  const isThisYear = new Date(start).getFullYear() === now.getFullYear()
  return new Intl.DateTimeFormat(locale, {
    weekday: 'long',
    month: 'long',
    day: 'numeric',
    ...(!isThisYear && { year: 'numeric' }),
  }).format(start)
}

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
}
