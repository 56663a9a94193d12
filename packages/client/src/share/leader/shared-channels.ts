import type { SseChannels } from '../../events/control-events.ts'
import type { SseClient } from '../../types.ts'

interface Change {
  readonly join: readonly string[]
  readonly leave: readonly string[]
}

/**
 * The channels of a shared connection: those that the tabs want, those that the server granted, and each tab's part of them.
 *
 * They change one request at a time. If a channel were left and joined again in the same moment, nothing would change, and a tab
 * would wait for a confirmation that never comes.
 */
export function createSharedChannels(client: SseClient) {
  let wanted: ReadonlySet<string> = new Set()
  let asked: ReadonlySet<string> = new Set()
  /** The channels of the last connect request. */
  let carried = asked
  let on: readonly string[] | undefined
  /** Channels that the stream has only because a tab requested them. */
  let only: ReadonlySet<string> = new Set()
  /** Channels that tabs have requested of this stream. It may still send something of those that they have left. */
  let requested = asked
  const refused = new Set<string>()
  let confirms = false
  /** The change that the server has not confirmed yet. */
  let change: Change | undefined

  function settle(): void {
    const next = difference(asked, wanted)
    if (change || !next) return
    const { join, leave } = next
    asked = new Set(wanted)
    requested = new Set([...requested, ...join])
    on = on?.filter((channel) => !leave.includes(channel) || !only.has(channel))
    for (const channel of leave) refused.delete(channel)
    if (confirms) change = next
    if (join.length > 0) client.subscribe(join)
    if (leave.length > 0) client.unsubscribe(leave)
  }

  /** Whether the server granted or refused a channel. Undefined: it has not answered yet. */
  function answerFor(channel: string): 'granted' | 'refused' | undefined {
    return on?.includes(channel) ? 'granted' : refused.has(channel) ? 'refused' : undefined
  }

  return {
    get carried() {
      return carried
    },
    /** Sets the channels of the connection. */
    want(channels: Iterable<string>): void {
      wanted = new Set(channels)
      settle()
    },
    /** There is no stream, or its request already carries the wanted channels. Later ones travel with the next request. */
    lost(): void {
      confirms = false
      change = undefined
      carried = asked
      settle()
    },
    /** A stream has begun, and its server confirms channels. */
    opened(): void {
      confirms = true
      // Channels requested since the connect are posted to the stream now.
      change = difference(carried, asked)
      on = undefined
      requested = new Set([...carried, ...asked])
      refused.clear()
    },
    answered(answer: SseChannels): void {
      // If the server does not name them, every requested channel counts as a tab's own.
      only = new Set(answer.asked ?? [...asked, ...(change?.leave ?? [])])
      // An answer from before a channel was left may come late. For a tab that joins meanwhile, the channel is not granted by it.
      on = answer.channels.filter((channel) => !change?.leave.includes(channel) || !only.has(channel))
      for (const channel of answer.refused) refused.add(channel)
      for (const channel of on) refused.delete(channel)
      const hasLeft = (channel: string) => !only.has(channel) || !answer.channels.includes(channel)
      if (!change?.join.every(answerFor) || !change.leave.every(hasLeft)) return
      change = undefined
      settle()
    },
    answerFor,
    /** Whether the app has added a channel to the stream, so that it is for every tab. */
    isForAll: (channel: string) => (on?.includes(channel) ? !only.has(channel) : !requested.has(channel)),
    /** What a tab that wants these channels is told. Undefined until the server has answered. */
    view(own: readonly string[]): SseChannels | undefined {
      if (!on || !own.every(answerFor)) return undefined
      return {
        channels: on.filter((channel) => !only.has(channel) || own.includes(channel)),
        refused: own.filter((channel) => refused.has(channel)),
      }
    },
  }
}

function difference(from: ReadonlySet<string>, to: ReadonlySet<string>): Change | undefined {
  const join = [...to].filter((channel) => !from.has(channel))
  const leave = [...from].filter((channel) => !to.has(channel))
  return join.length + leave.length > 0 ? { join, leave } : undefined
}
