import { input, Problem } from '@sse/kit'
import { type Request, Router } from 'express'
import { type Draft, draftSchema, type Notification } from '../../../shared/schemas.ts'
import type { Work } from '../../database/work.ts'
import { isKnownRecipient, type Person } from '../../directory.ts'
import type { PublishWith } from '../../publishing/publish-with.ts'
import { requireUser } from '../../requests/session.ts'
import type { NotificationStore } from '../../stores/notifications.ts'
import type { ReadStore } from '../../stores/reads.ts'
import type { SendStore } from '../../stores/sends.ts'
import type { TopicStore } from '../../stores/topics.ts'

interface Parts {
  readonly notifications: NotificationStore
  readonly sends: SendStore
  readonly reads: ReadStore
  readonly topics: TopicStore
  readonly publishWith: PublishWith
}

/** Sending: stored and published, once, however often it is repeated under the same key. */
export function sendingRoutes({ notifications, sends, reads, topics, publishWith }: Parts): Router {
  const router = Router()

  router.post('/', async (req, res) => {
    const sender = requireUser(req)
    const key = idempotencyKeyOf(req)
    const draft = input(draftSchema, req.body)
    if (!isKnownRecipient(draft.to)) {
      const detail = 'Nobody is behind this name'
      throw new Problem(400, `/to ${detail}`, [{ pointer: '/to', detail }])
    }
    const { notification, isNew, published } = await publishWith(function* (tx) {
      const earlier = key === undefined ? undefined : yield* sentUnder(sender, key, draft)
      if (earlier) return { notification: earlier, isNew: false }
      const notification = yield* notifications.add(sender, draft)
      if (key !== undefined) yield* sends.add(sender, key, notification.id)
      const published = tx.publish(notification.to, notification, { event: 'notification' })
      // What one has written one has read. What does not come back to the sender is told to the sender's other tabs.
      const isReceived = (yield* topics.channelsOf(sender)).includes(notification.to)
      if (isReceived) yield* reads.markRead(sender, [notification.to], [notification.id])
      else tx.publish(`user:${sender.id}`, notification, { event: 'sent' })
      return { notification, isNew: true, published }
    })
    const event = await published
    if (event !== undefined) res.set('Event-Id', event)
    res.status(isNew ? 201 : 200).json(notification)
  })

  /** @throws Problem 422 when something else was sent under this key. */
  function* sentUnder(sender: Person, key: string, draft: Draft): Work<Notification | undefined> {
    const id = yield* sends.find(sender, key)
    const earlier = id === undefined ? undefined : yield* notifications.get(id)
    if (!earlier) return undefined
    if (earlier.to === draft.to && earlier.title === draft.title && earlier.body === draft.body)
      return earlier
    throw new Problem(
      422,
      'Something else was sent with this Idempotency-Key: take a new key for every message',
    )
  }

  return router
}

/** @throws Problem 400 */
function idempotencyKeyOf(req: Request): string | undefined {
  const key = req.get('idempotency-key')
  if (key === undefined || /^[\x20-\x7e]{1,128}$/.test(key)) return key
  throw new Problem(400, 'Idempotency-Key must be 1 to 128 printable characters')
}
