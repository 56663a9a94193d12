/** Views of the inbox: which notifications each shows. */
import type { InboxItem, Recipient } from '../../shared/schemas.ts'

/** Everything, what is unread, what is to the reader alone, or one topic. */
export type View = 'all' | 'unread' | 'direct' | `topic:${string}`

/** What a view depends on, beside the notifications. */
export interface Reader {
  readonly id: string
  /** Ids of topics. */
  readonly following: readonly string[]
  /** Ids of topics. */
  readonly muted: readonly string[]
}

/** The id of the topic that a notification is to, or that a view shows. */
export function topicOf(name: Recipient | View): string | undefined {
  return name.startsWith('topic:') ? name.slice('topic:'.length) : undefined
}

export function isMuted(to: Recipient, { muted }: Pick<Reader, 'muted'>): boolean {
  const topic = topicOf(to)
  return topic !== undefined && muted.includes(topic)
}

/** Whether it is for this person at all: a topic that is no longer followed leaves every view. */
export function isFor(to: Recipient, { id, following }: Reader): boolean {
  const topic = topicOf(to)
  return topic === undefined ? to === 'all' || to === `user:${id}` : following.includes(topic)
}

export function isShown(item: InboxItem, view: View, reader: Reader): boolean {
  if (!isFor(item.to, reader)) return false
  switch (view) {
    case 'all':
      return true
    case 'unread':
      return !item.read && !isMuted(item.to, reader)
    case 'direct':
      return item.to === `user:${reader.id}`
    default:
      return item.to === view
  }
}

/** Counted, announced, sounded: unread, and of no muted topic. */
export function wantsAttention(item: InboxItem, reader: Reader): boolean {
  return isShown(item, 'unread', reader)
}
