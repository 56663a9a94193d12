/** Views of the inbox: which notifications each shows. */
import type { Filter, InboxItem, Recipient } from '../../shared/schemas.ts'

/** One of the lists that the server keeps, one topic, or what holds every word of a text. */
export type View = Filter | `topic:${string}` | `search:${string}`

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

/** What a view searches for. */
export function searchOf(view: View): string | undefined {
  return view.startsWith('search:') ? view.slice('search:'.length) : undefined
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
  if (view === 'sent') return item.from === reader.id
  if (!isFor(item.to, reader) || item.place === 'deleted') return false
  const search = searchOf(view)
  if (search !== undefined) return holds(item, search)
  if (view === 'archived') return item.place === 'archived'
  if (item.place === 'archived') return false
  switch (view) {
    case 'all':
      return true
    case 'unread':
      return wantsAttention(item, reader)
    case 'direct':
      return item.to === `user:${reader.id}`
    default:
      return item.to === view
  }
}

/** The server decides by the same rule. */
function holds({ title, body }: InboxItem, search: string): boolean {
  const text = `${title}\n${body}`.toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

/** Counted, announced, sounded: unread, and of no muted topic. */
export function wantsAttention(
  { to, read, place }: Pick<InboxItem, 'to' | 'read' | 'place'>,
  reader: Reader,
): boolean {
  return !read && place === 'inbox' && isFor(to, reader) && !isMuted(to, reader)
}
