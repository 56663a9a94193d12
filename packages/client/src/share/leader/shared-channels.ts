import type { SseChannels } from '../../events/control-events.ts'
import type { SseClient } from '../../types.ts'

/** The channels of a connection that several tabs share: what all of them want, what the server has said, and what of that is one tab's. */
export interface SharedChannels {
  /** What the last connect has asked for. */
  readonly carried: ReadonlySet<string>
  /** Brings the connection to these channels. */
  want(channels: Iterable<string>): void
  /** There is no stream, or one is on its way that asks for what is wanted. What is wanted later travels with the next connect. */
  lost(): void
  /** A stream of a server that confirms channels has begun. */
  opened(): void
  answered(answer: SseChannels): void
  /** Whether the stream is on a channel, or was refused it. Undefined: the server has yet to say. */
  verdict(channel: string): 'granted' | 'refused' | undefined
  /** What a tab with these wishes is told; undefined while the server has yet to say. */
  view(wishes: readonly string[]): SseChannels | undefined
}

interface Change {
  readonly join: readonly string[]
  readonly leave: readonly string[]
}

/**
 * One change is under way at a time. Two in the same moment, such as leaving a channel and joining it again, would come to none, and a tab
 * would wait in vain for the server's word.
 */
export function createSharedChannels(client: SseClient): SharedChannels {
  let wanted: ReadonlySet<string> = new Set()
  let asked: ReadonlySet<string> = new Set()
  let carried = asked
  let on: readonly string[] | undefined
  /** Those that the stream is on only because it was asked for them. */
  let only: ReadonlySet<string> = new Set()
  const refused = new Set<string>()
  let confirms = false
  /** What the server has yet to confirm. */
  let change: Change | undefined

  function settle(): void {
    const next = difference(asked, wanted)
    if (change || !next) return
    const { join, leave } = next
    asked = new Set(wanted)
    on = on?.filter((channel) => !leave.includes(channel) || !only.has(channel))
    for (const channel of leave) refused.delete(channel)
    if (confirms) change = next
    if (join.length > 0) client.subscribe(join)
    if (leave.length > 0) client.unsubscribe(leave)
  }

  function verdict(channel: string): 'granted' | 'refused' | undefined {
    return on?.includes(channel) ? 'granted' : refused.has(channel) ? 'refused' : undefined
  }

  return {
    get carried() {
      return carried
    },
    want(channels) {
      wanted = new Set(channels)
      settle()
    },
    lost() {
      confirms = false
      change = undefined
      carried = asked
      settle()
    },
    opened() {
      confirms = true
      // What was asked for since the connect is told to the stream now.
      change = difference(carried, asked)
      on = undefined
      refused.clear()
    },
    answered(answer) {
      on = answer.channels
      // A server that does not name them: whatever was asked for is no other tab's.
      only = new Set(answer.asked ?? [...asked, ...(change?.leave ?? [])])
      for (const channel of answer.refused) refused.add(channel)
      for (const channel of on) refused.delete(channel)
      const hasLeft = (channel: string) => !only.has(channel) || !on?.includes(channel)
      if (!change?.join.every(verdict) || !change.leave.every(hasLeft)) return
      change = undefined
      settle()
    },
    verdict,
    view(wishes) {
      if (!on || !wishes.every(verdict)) return undefined
      return {
        channels: on.filter((channel) => !only.has(channel) || wishes.includes(channel)),
        refused: wishes.filter((channel) => refused.has(channel)),
      }
    },
  }
}

function difference(from: ReadonlySet<string>, to: ReadonlySet<string>): Change | undefined {
  const join = [...to].filter((channel) => !from.has(channel))
  const leave = [...from].filter((channel) => !to.has(channel))
  return join.length + leave.length > 0 ? { join, leave } : undefined
}
