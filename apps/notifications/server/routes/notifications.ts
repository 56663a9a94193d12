import { Router } from 'express'
import { draftSchema, type InboxItem, readSchema, type Snapshot } from '../../shared/schemas.ts'
import { isKnownRecipient, type Person } from '../directory.ts'
import type { NotificationLog } from '../hub.ts'
import type { NotificationStore } from '../notifications.ts'
import { input, Problem } from '../problem.ts'
import { requireUser } from '../session.ts'

/** Whatever is stored is published by the same commit: both, or neither. */
export function notificationRoutes(store: NotificationStore, { hub, broker }: NotificationLog): Router {
  const router = Router()

  router.get('/', (req, res) => {
    const reader = requireUser(req)
    // The position is read before the list: what is published between the two comes again, never not at all.
    const cursor = hub.position
    const answer: Snapshot = { notifications: store.list(reader), cursor }
    res.set('Cache-Control', 'no-store').json(answer)
  })

  router.post('/', async (req, res) => {
    const sender = requireUser(req)
    const draft = input(draftSchema, req.body)
    if (!isKnownRecipient(draft.to)) {
      const detail = 'Nobody is behind this name'
      throw new Problem(400, `/to ${detail}`, [{ pointer: '/to', detail }])
    }
    const { notification, published } = broker.transaction(() => {
      const notification = store.add(sender, draft)
      const published = hub.publish(notification.to, notification, { event: 'notification' })
      return { notification, published }
    })
    await published
    res.status(201).json(notification)
  })

  router.post('/read', async (req, res) => {
    const reader = requireUser(req)
    const { ids } = input(readSchema, req.body)
    await markRead(reader, ids)
    res.status(204).end()
  })

  router.post('/:id/read', async (req, res) => {
    const reader = requireUser(req)
    const id = Number(req.params.id)
    const found = Number.isSafeInteger(id) ? store.find(reader, id) : undefined
    if (!found) throw new Problem(404, `You have no notification ${req.params.id}`)
    await markRead(reader, [id])
    const answer: InboxItem = { ...found, read: true }
    res.json(answer)
  })

  /** Told to every tab of the reader, so that they all show the same. */
  async function markRead(reader: Person, ids: readonly number[]): Promise<void> {
    const { published } = broker.transaction(() => {
      const marked = store.markRead(reader, ids)
      if (marked.length === 0) return {}
      return { published: hub.publish(`user:${reader.id}`, { ids: marked }, { event: 'read' }) }
    })
    await published
  }

  return router
}
