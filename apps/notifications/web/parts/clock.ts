import { createSharedComposable, useIntervalFn, useNow } from '@vueuse/core'

/** The present, for "3 minutes ago": one timer for the whole page. */
export const useMinuteClock = createSharedComposable(() =>
  useNow({ scheduler: (tick) => useIntervalFn(tick, 15_000) }),
)

/** The present, for countdowns. */
export const useSecondClock = createSharedComposable(() =>
  useNow({ scheduler: (tick) => useIntervalFn(tick, 250) }),
)

/** The time of the day to the second, as digits: the same in every language. */
export const clockTime = (at: Date): string => at.toLocaleTimeString('en-GB')
