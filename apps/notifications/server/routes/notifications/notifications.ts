import { checked, Problem } from '@sse/kit'
import { Router } from 'express'
import * as v from 'valibot'
import { filterSchema, type InboxItem, longestSearch, type Snapshot } from '../../../shared/schemas.ts'
import type { Person } from '../../directory.ts'
import type { NotificationHub } from '../../publishing/hub.ts'
import { requireUser } from '../../requests/session.ts'
import type { Page, PageQuery } from '../../stores/inbox.ts'
import type { Stores } from '../../stores/stores.ts'

/** A number as it stands in a query or a path. */
const numberText = v.pipe(v.string(), v.regex(/^\d{1,15}$/, 'Must be a whole number'), v.transform(Number))

const listSchema = v.object({
  limit: v.optional(v.pipe(numberText, v.minValue(1), v.maxValue(200, 'At most 200')), '50'),
  before: v.optional(v.pipe(numberText, v.minValue(1))),
  filter: v.optional(filterSchema, 'all'),
  topic: v.optional(v.string()),
  search: v.optional(
    v.pipe(
      v.string(),
      v.trim(),
      v.nonEmpty('Search for something'),
      v.maxLength(longestSearch, `At most ${longestSearch} characters`),
    ),
  ),
})
type List = v.InferOutput<typeof listSchema>

interface Parts extends Stores {
  readonly hub: NotificationHub
}

/** The lists of a user. */
export function notificationRoutes({ inbox, reads, topics, hub }: Parts): Router {
  const router = Router()

  router.get('/', (req, res) => {
    const reader = requireUser(req)
    const list = checked(listSchema, req.query)
    // The position is read before the list: what is published between the two comes again, never not at all.
    const cursor = hub.position
    const audible = topics.audibleChannelsOf(reader)
    const { notifications, next } = pageOf(reader, list)
    const answer: Snapshot = {
      notifications: notifications.map((item) => withReaders(reader, item)),
      next,
      cursor,
      unread: inbox.unread(reader, audible),
    }
    res.set('Cache-Control', 'no-store').json(answer)
  })

  router.get('/:id', (req, res) => {
    const reader = requireUser(req)
    const id = Number(req.params.id)
    const found = Number.isSafeInteger(id) ? inbox.find(reader, topics.channelsOf(reader), id) : undefined
    if (!found) throw new Problem(404, `You have no notification ${req.params.id}`)
    res.set('Cache-Control', 'no-store').json(withReaders(reader, found))
  })

  function pageOf(reader: Person, { limit, before, filter, topic, search }: List): Page {
    const own = topics.channelsOf(reader)
    const query: PageQuery = { channels: own, limit, before }
    if (search !== undefined) return inbox.search(reader, search, query)
    if (filter === 'sent') return inbox.sent(reader, query)
    if (filter === 'archived') return inbox.archived(reader, query)
    // What is muted is no more in the list of the unread than in their number.
    const seen = filter === 'unread' ? topics.audibleChannelsOf(reader) : own
    const channels = seen.filter(
      (channel) =>
        (filter !== 'direct' || channel === `user:${reader.id}`) &&
        (topic === undefined || channel === `topic:${topic}`),
    )
    return inbox.page(reader, { ...query, channels, unread: filter === 'unread' })
  }

  /** Who has read it is for the sender alone. */
  function withReaders(reader: Person, item: InboxItem): InboxItem {
    if (item.from !== reader.id) return item
    const audience = topics.audienceOf(item.to).filter((id) => id !== reader.id)
    return { ...item, readers: { read: reads.readersOf(item, audience), of: audience.length } }
  }

  return router
}
