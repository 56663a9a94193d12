import { checked, Problem } from '@sse/kit'
import { Router } from 'express'
import * as v from 'valibot'
import { filterSchema, type InboxItem, longestSearch, type Snapshot } from '../../../shared/schemas.ts'
import type { Run, Work } from '../../database/work.ts'
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
  readonly run: Run
}

/** The lists of a user. */
export function notificationRoutes({ inbox, reads, topics, hub, run }: Parts): Router {
  const router = Router()

  router.get('/', async (req, res) => {
    const reader = requireUser(req)
    const list = checked(listSchema, req.query)
    // The position is read before the list: what is published between the two comes again, never not at all.
    const cursor = hub.position
    const answer: Snapshot = { ...(await run(snapshot(reader, list))), cursor }
    res.set('Cache-Control', 'no-store').json(answer)
  })

  router.get('/:id', async (req, res) => {
    const reader = requireUser(req)
    const id = Number(req.params.id)
    const found = Number.isSafeInteger(id) ? await run(one(reader, id)) : undefined
    if (!found) throw new Problem(404, `You have no notification ${req.params.id}`)
    res.set('Cache-Control', 'no-store').json(found)
  })

  function* one(reader: Person, id: number): Work<InboxItem | undefined> {
    const found = yield* inbox.find(reader, yield* topics.channelsOf(reader), id)
    return found && (yield* withReaders(reader, found))
  }

  function* snapshot(reader: Person, list: List): Work<Omit<Snapshot, 'cursor'>> {
    const { notifications: items, next } = yield* pageOf(reader, list)
    const notifications: InboxItem[] = []
    for (const item of items) notifications.push(yield* withReaders(reader, item))
    const unread = yield* inbox.unread(reader, yield* topics.audibleChannelsOf(reader))
    return { notifications, next, unread }
  }

  function* pageOf(reader: Person, { limit, before, filter, topic, search }: List): Work<Page> {
    const own = yield* topics.channelsOf(reader)
    const query: PageQuery = { channels: own, limit, before }
    if (search !== undefined) return yield* inbox.search(reader, search, query)
    if (filter === 'sent') return yield* inbox.sent(reader, query)
    if (filter === 'archived') return yield* inbox.archived(reader, query)
    // What is muted is no more in the list of the unread than in their number.
    const seen = filter === 'unread' ? yield* topics.audibleChannelsOf(reader) : own
    const channels = seen.filter(
      (channel) =>
        (filter !== 'direct' || channel === `user:${reader.id}`) &&
        (topic === undefined || channel === `topic:${topic}`),
    )
    return yield* inbox.page(reader, { ...query, channels, unread: filter === 'unread' })
  }

  /** Who has read it is for the sender alone. */
  function* withReaders(reader: Person, item: InboxItem): Work<InboxItem> {
    if (item.from !== reader.id) return item
    const audience = (yield* topics.audienceOf(item.to)).filter((id) => id !== reader.id)
    return { ...item, readers: { read: yield* reads.readersOf(item, audience), of: audience.length } }
  }

  return router
}
