import type { SourceMessage } from '../source.ts'
import type { History } from './history.ts'
import type { Entry, Wish } from './protocol.ts'

export interface InboxOptions {
  readonly id: string
  readonly history: History
  wishes(): readonly Wish[]
  /** Hands a message to the page. */
  deliver(message: SourceMessage): void
}

/** What a tab's page is told of what the connection brings: what it asked for. */
export interface Inbox {
  /** Whether the page has been told of a stream. */
  readonly opened: boolean
  /** Whether an entry is for this tab. */
  takes(entry: Entry): boolean
  /** Tells the page, if the entry is for this tab. */
  deliver(entry: Entry): void
  /** The wishes have changed. @returns whether there are more */
  wish(): boolean
}

export function createInbox({ id, history, wishes, deliver }: InboxOptions): Inbox {
  let wished = new Set<Wish>(wishes())
  /** It came without a cursor, and no stream has begun since: to this tab the next one is not a resumed one. */
  let isFresh = history.cursor === ''
  /** The channels that the page was told it is on. Undefined: it came with a cursor and was not told yet, so that it goes by its wishes. */
  let on: ReadonlySet<string> | undefined = isFresh ? new Set() : undefined
  let opened = false
  /** What it was told of its channels, since the last stream began. */
  let told: string | undefined

  function takes({ to = id, channels }: Entry): boolean {
    if (to !== id) return false
    return !channels || channels.some((channel) => wished.has(`c:${channel}`) && (on?.has(channel) ?? true))
  }

  function isRepeated({
    channels,
    refused,
  }: {
    channels: readonly string[]
    refused: readonly string[]
  }): boolean {
    const text = JSON.stringify([[...channels].sort(), [...refused].sort()])
    if (text === told) return true
    told = text
    if (channels.some((channel) => !on?.has(channel))) history.mark()
    on = new Set(channels)
    return false
  }

  return {
    get opened() {
      return opened
    },
    takes,
    deliver(entry) {
      if (!takes(entry)) return
      if (entry.event === 'sse.channels' && isRepeated(JSON.parse(entry.data))) return
      if (entry.event !== 'sse.open') return deliver(entry)
      const isFirst = isFresh
      opened = true
      isFresh = false
      told = undefined
      deliver(
        isFirst ? { ...entry, data: JSON.stringify({ ...JSON.parse(entry.data), resumed: null }) } : entry,
      )
    },
    wish() {
      const before = wished
      wished = new Set(wishes())
      return [...wished].some((wish) => !before.has(wish))
    },
  }
}
