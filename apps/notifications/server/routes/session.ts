import { Router } from 'express'
import * as v from 'valibot'
import type { Session } from '../../shared/schemas.ts'
import { findPerson, type Person, people, topics } from '../directory.ts'
import type { NotificationHub } from '../hub.ts'
import { input, Problem } from '../problem.ts'
import { beginSession, sessionIdOf, signedIn } from '../session.ts'
import type { TopicStore } from '../stores/topics.ts'

const signInSchema = v.object({ user: v.string() })

interface Parts {
  readonly hub: NotificationHub
  readonly topics: TopicStore
}

/** Signing in and out, and the names of everybody and everything one can write to. */
export function sessionRoutes({ hub, topics: topicStore }: Parts): Router {
  const router = Router()

  router.get('/users', (_req, res) => {
    res.json(people.map(({ id, name }) => ({ id, name })))
  })

  router.get('/topics', (_req, res) => {
    res.json(topics)
  })

  router.get('/session', (req, res) => {
    const person = signedIn(req)
    // A cookie from before sessions had ids gets one.
    if (person && sessionIdOf(req) === undefined) beginSession(req, person)
    res.json(describe(person))
  })

  router.post('/session', (req, res) => {
    const { user } = input(signInSchema, req.body)
    const person = findPerson(user)
    if (!person) {
      throw new Problem(400, `There is no user "${user}"`, [{ pointer: '/user', detail: 'Unknown user' }])
    }
    beginSession(req, person)
    res.json(describe(person))
  })

  router.delete('/session', (req, res) => {
    const person = signedIn(req)
    req.session = null
    res.status(204).end()
    // The streams of other tabs come back, and are let in only where somebody is still signed in: by then the cookie must be gone.
    if (person) void hub.disconnect(person.id, { reconnect: 1_000 })
  })

  function describe(person: Person | undefined): Session {
    if (!person) return { user: null }
    const { id, name, admin } = person
    const { following, muted } = topicStore.of(person)
    return { user: { id, name, admin, topics: [...following], muted: [...muted] } }
  }

  return router
}
