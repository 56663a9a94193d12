import { formatTimeAgoIntl } from '@vueuse/core'

/** How long ago this was: "23 minutes ago". Undefined within a minute, and for the future: seconds are noise, and clocks differ a little. */
export function timeAgo(date: Date, now: Date, locale: string): string | undefined {
  if (now.getTime() - date.getTime() < 60_000) return undefined
  // Between the parts of `Intl.RelativeTimeFormat`, VueUse puts a space of its own by default. Korean has none there.
  const options = { locale, insertSpace: false, relativeTimeFormatOptions: { style: 'long' } } as const
  return formatTimeAgoIntl(date, options, now)
}
