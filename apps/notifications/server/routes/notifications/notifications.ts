import { checked, input, Problem } from '@sse/kit'
import { Router } from 'express'
import * as v from 'valibot'
import {
  filterSchema,
  type InboxItem,
  readAllSchema,
  readSchema,
  type Snapshot,
} from '../../../shared/schemas.ts'
import type { Run } from '../../database/work.ts'
import type { NotificationHub } from '../../publishing/hub.ts'
import type { PublishWith } from '../../publishing/publish-with.ts'
import { requireUser } from '../../requests/session.ts'
import type { Stores } from '../../stores/stores.ts'

/** A number as it stands in a query or a path. */
const numberText = v.pipe(v.string(), v.regex(/^\d{1,15}$/, 'Must be a whole number'), v.transform(Number))

const listSchema = v.object({
  limit: v.optional(v.pipe(numberText, v.minValue(1), v.maxValue(200, 'At most 200')), '50'),
  before: v.optional(v.pipe(numberText, v.minValue(1))),
  filter: v.optional(filterSchema, 'all'),
  topic: v.optional(v.string()),
})

interface Parts extends Stores {
  readonly hub: NotificationHub
  readonly publishWith: PublishWith
  readonly run: Run
}

/** What a user sees, and what they have read. Whatever is stored is published with it: both, or neither. */
export function notificationRoutes({ inbox, reads, topics, hub, publishWith, run }: Parts): Router {
  const router = Router()

  router.get('/', async (req, res) => {
    const reader = requireUser(req)
    const { limit, before, filter, topic } = checked(listSchema, req.query)
    // The position is read before the list: what is published between the two comes again, never not at all.
    const cursor = hub.position
    const audible = await run(topics.audibleChannelsOf(reader))
    // What is muted is no more in the list of the unread than in their number.
    const seen = filter === 'unread' ? audible : await run(topics.channelsOf(reader))
    const channels = seen.filter(
      (channel) =>
        (filter !== 'direct' || channel === `user:${reader.id}`) &&
        (topic === undefined || channel === `topic:${topic}`),
    )
    const answer: Snapshot = {
      ...(await run(inbox.page(reader, { channels, limit, before, unread: filter === 'unread' }))),
      cursor,
      unread: await run(inbox.unread(reader, audible)),
    }
    res.set('Cache-Control', 'no-store').json(answer)
  })

  router.post('/read', async (req, res) => {
    const reader = requireUser(req)
    const { ids } = input(readSchema, req.body)
    await publishWith(function* (tx) {
      const marked = yield* reads.markRead(reader, yield* topics.channelsOf(reader), ids)
      // Told to every tab of the reader, so that they all show the same.
      if (marked.length > 0) tx.publish(`user:${reader.id}`, { ids: marked }, { event: 'read' })
    })
    res.status(204).end()
  })

  router.post('/read-all', async (req, res) => {
    const reader = requireUser(req)
    const { upTo, topic } = input(readAllSchema, req.body)
    const all = await run(topics.channelsOf(reader))
    const channels = all.filter((channel) => topic === undefined || channel === `topic:${topic}`)
    if (channels.length === 0) throw new Problem(404, `You follow no topic "${topic}"`)
    await publishWith(function* (tx) {
      const marked = yield* reads.markAllRead(reader, channels, upTo)
      if (marked === undefined) return
      const told = { upTo: marked, ...(topic !== undefined && { topic }) }
      tx.publish(`user:${reader.id}`, told, { event: 'read-all' })
    })
    res.status(204).end()
  })

  router.post('/:id/read', async (req, res) => {
    const reader = requireUser(req)
    const id = Number(req.params.id)
    const channels = await run(topics.channelsOf(reader))
    const found = Number.isSafeInteger(id) ? await run(inbox.find(reader, channels, id)) : undefined
    if (!found) throw new Problem(404, `You have no notification ${req.params.id}`)
    await publishWith(function* (tx) {
      const marked = yield* reads.markRead(reader, channels, [id])
      if (marked.length > 0) tx.publish(`user:${reader.id}`, { ids: marked }, { event: 'read' })
    })
    const answer: InboxItem = { ...found, read: true }
    res.json(answer)
  })

  return router
}
