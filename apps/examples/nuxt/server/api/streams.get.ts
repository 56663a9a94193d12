/** For your monitoring. */
export default defineEventHandler(() => hub.stats())
