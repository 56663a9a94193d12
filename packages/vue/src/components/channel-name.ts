import { type Ref, unref } from 'vue'

/** The name of a channel, a ref of it, or a function that gives it. Empty or undefined: none. */
export type ChannelName = string | undefined | Ref<string | undefined> | (() => string | undefined)

export const nameOf = (channel: ChannelName): string | undefined =>
  (typeof channel === 'function' ? channel() : unref(channel)) || undefined
