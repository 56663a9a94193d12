import type { SseMember, SsePresence, SsePresenceEvent } from './types.ts'

/** The members of the channels of a stream. @param tell called after a change */
export function createPresence(tell: (presence: SsePresence) => void) {
  const channels = new Map<string, SsePresence>()

  return {
    get: (channel: string) => channels.get(channel),
    receive({ channel, members, count, joined = [], left = [] }: SsePresenceEvent): void {
      const before = channels.get(channel)
      let next: readonly SseMember[] | undefined = members
      // A change of a list that the page does not have says nothing.
      if (!members && count === undefined) {
        if (!before?.members) return
        const byId = new Map(before.members.map((member) => [member.id, member]))
        for (const id of left) byId.delete(id)
        for (const member of joined) byId.set(member.id, member)
        next = [...byId.values()]
      }
      const presence = { channel, members: next, count: next?.length ?? count ?? 0 }
      channels.set(channel, presence)
      tell(presence)
    },
    /** The stream is not on the channel any more. */
    leave: (channel: string) => channels.delete(channel),
  }
}
