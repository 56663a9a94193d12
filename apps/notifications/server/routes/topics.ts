import { Problem } from '@sse/kit'
import { type RequestHandler, Router } from 'express'
import type { Topics } from '../../shared/schemas.ts'
import { isKnownTopic } from '../directory.ts'
import type { PublishWith } from '../publishing/publish-with.ts'
import { requireUser } from '../requests/session.ts'
import type { ReadStore } from '../stores/reads.ts'
import type { TopicStore } from '../stores/topics.ts'

interface Parts {
  readonly topics: TopicStore
  readonly reads: ReadStore
  readonly publishWith: PublishWith
}

/** What the user follows and has muted. Every tab is told, and changes the channels of its open stream. */
export function topicRoutes({ topics, reads, publishWith }: Parts): Router {
  const router = Router()

  const change =
    (list: keyof Topics, wanted: boolean): RequestHandler =>
    async (req, res) => {
      const person = requireUser(req)
      const topic = String(req.params['id'])
      if (!isKnownTopic(topic)) throw new Problem(404, `There is no topic "${topic}"`)
      await publishWith(function* (tx) {
        // Asked in the transaction: another tab may unfollow at this moment.
        if (list === 'muted' && wanted && !(yield* topics.of(person)).following.includes(topic)) {
          throw new Problem(409, `You do not follow "${topic}". Follow it before you mute it`)
        }
        if (!(yield* topics.set(list, person, topic, wanted))) return
        // A new follower can look up what was there before. It counts as read.
        if (list === 'following' && wanted) yield* reads.markAllRead(person, [`topic:${topic}`])
        tx.publish(`user:${person.id}`, yield* topics.of(person), { event: 'topics' })
      })
      res.status(204).end()
    }

  router.put('/:id/following', change('following', true))
  router.delete('/:id/following', change('following', false))
  router.put('/:id/muted', change('muted', true))
  router.delete('/:id/muted', change('muted', false))

  return router
}
