import { input, Problem } from '@sse/kit'
import { type Request, Router } from 'express'
import * as v from 'valibot'
import type { Session } from '../../shared/schemas.ts'
import type { Run } from '../database/work.ts'
import { findPerson, type Person, people, topics } from '../directory.ts'
import type { NotificationHub } from '../publishing/hub.ts'
import { clearSessionCookie, sessionOf, setSessionCookie, signedIn } from '../requests/session.ts'
import type { SessionStore } from '../stores/sessions.ts'
import type { TopicStore } from '../stores/topics.ts'

const signInSchema = v.object({ user: v.string() })

interface Parts {
  readonly hub: NotificationHub
  readonly run: Run
  readonly topics: TopicStore
  readonly sessions: SessionStore
}

/** Signing in and out, and the names of everybody and everything one can write to. */
export function sessionRoutes({ hub, run, topics: topicStore, sessions }: Parts): Router {
  const router = Router()

  router.get('/users', (_req, res) => {
    res.json(people.map(({ id, name }) => ({ id, name })))
  })

  router.get('/topics', (_req, res) => {
    res.json(topics)
  })

  router.get('/session', async (req, res) => {
    res.json(await describe(signedIn(req)))
  })

  router.post('/session', async (req, res) => {
    const { user } = input(signInSchema, req.body)
    const person = findPerson(user)
    if (!person) {
      throw new Problem(400, `There is no user "${user}"`, [{ pointer: '/user', detail: 'Unknown user' }])
    }
    const end = await endSession(req)
    setSessionCookie(req, res, await run(sessions.begin(person)))
    res.json(await describe(person))
    end()
  })

  router.delete('/session', async (req, res) => {
    const end = await endSession(req)
    clearSessionCookie(req, res)
    res.status(204).end()
    end()
  })

  /**
   * Its cookie signs nobody in any more, a copy of it neither.
   *
   * @returns ends its streams, in every node; to be called after the answer, because other tabs of this browser come back with what it says
   */
  async function endSession(req: Request): Promise<() => void> {
    const session = sessionOf(req)
    if (!session) return () => {}
    await run(sessions.end(session))
    // All streams of the user: those of other sessions are let in again.
    return () => void hub.disconnect(session.person.id, { reconnect: 1_000 })
  }

  async function describe(person: Person | undefined): Promise<Session> {
    if (!person) return { user: null }
    const { id, name, admin } = person
    const { following, muted } = await run(topicStore.of(person))
    return { user: { id, name, admin, topics: [...following], muted: [...muted] } }
  }

  return router
}
