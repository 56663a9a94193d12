import { input, Problem } from '@sse/kit'
import { Router } from 'express'
import { type InboxItem, moveSchema, readAllSchema, readSchema } from '../../../shared/schemas.ts'
import type { Run } from '../../database/work.ts'
import type { Person } from '../../directory.ts'
import type { NotificationHub } from '../../publishing/hub.ts'
import type { PublishWith } from '../../publishing/publish-with.ts'
import { requireUser } from '../../requests/session.ts'
import type { Stores } from '../../stores/stores.ts'

interface Parts extends Stores {
  readonly hub: NotificationHub
  readonly publishWith: PublishWith
  readonly run: Run
}

/**
 * What a user has read, archived and deleted. Whatever is stored is published with it, both or neither, to every tab of the user, so that they
 * all show the same.
 */
export function markingRoutes({
  inbox,
  notifications,
  reads,
  places,
  topics,
  hub,
  publishWith,
  run,
}: Parts): Router {
  const router = Router()

  /** Those who have sent it see who has read it. What they miss is in the list that they fetch next, so it need not be in the log. */
  function tellSenders(reader: Person, senders: readonly string[]): void {
    const others = senders.filter((id) => id !== reader.id).map((id) => `user:${id}`)
    if (others.length > 0) void hub.publish(others, { by: reader.id }, { event: 'seen', volatile: true })
  }

  async function mark(reader: Person, as: 'read' | 'unread', ids: readonly number[]): Promise<void> {
    const senders = await publishWith(function* (tx) {
      const channels = yield* topics.channelsOf(reader)
      const store = as === 'read' ? reads.markRead : reads.markUnread
      const marked = yield* store(reader, channels, ids)
      if (marked.length > 0) tx.publish(`user:${reader.id}`, { ids: marked }, { event: as })
      return yield* notifications.sendersOf(marked)
    })
    tellSenders(reader, senders)
  }

  for (const as of ['read', 'unread'] as const) {
    router.post(`/${as}`, async (req, res) => {
      await mark(requireUser(req), as, input(readSchema, req.body).ids)
      res.status(204).end()
    })
  }

  router.post('/move', async (req, res) => {
    const reader = requireUser(req)
    const { ids, to, unread } = input(moveSchema, req.body)
    const own = `user:${reader.id}` as const
    const senders = await publishWith(function* (tx) {
      const channels = yield* topics.channelsOf(reader)
      // Only the inbox has what is unread.
      const read = to === 'inbox' ? [] : yield* reads.markRead(reader, channels, ids)
      if (read.length > 0) tx.publish(own, { ids: read }, { event: 'read' })
      const moved = yield* places.move(reader, channels, ids, to)
      if (moved.length > 0) tx.publish(own, { ids: moved, to }, { event: 'moved' })
      const again = to === 'inbox' && unread ? yield* reads.markUnread(reader, channels, moved) : []
      if (again.length > 0) tx.publish(own, { ids: again }, { event: 'unread' })
      return yield* notifications.sendersOf([...read, ...again])
    })
    tellSenders(reader, senders)
    res.status(204).end()
  })

  router.post('/read-all', async (req, res) => {
    const reader = requireUser(req)
    const { upTo, topic } = input(readAllSchema, req.body)
    const all = await run(topics.channelsOf(reader))
    const channels = all.filter((channel) => topic === undefined || channel === `topic:${topic}`)
    if (channels.length === 0) throw new Problem(404, `You follow no topic "${topic}"`)
    const senders = await publishWith(function* (tx) {
      const marked = yield* reads.markAllRead(reader, channels, upTo)
      if (marked === undefined) return []
      const told = { upTo: marked, ...(topic !== undefined && { topic }) }
      tx.publish(`user:${reader.id}`, told, { event: 'read-all' })
      return yield* notifications.sendersTo(channels)
    })
    tellSenders(reader, senders)
    res.status(204).end()
  })

  router.post('/:id/read', async (req, res) => {
    const reader = requireUser(req)
    const id = Number(req.params.id)
    const channels = await run(topics.channelsOf(reader))
    const found = Number.isSafeInteger(id) ? await run(inbox.find(reader, channels, id)) : undefined
    if (!found || !channels.includes(found.to)) {
      throw new Problem(404, `You have no notification ${req.params.id}`)
    }
    await mark(reader, 'read', [id])
    const answer: InboxItem = { ...found, read: true }
    res.json(answer)
  })

  return router
}
