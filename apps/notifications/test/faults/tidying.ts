import { setTimeout as delay } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { Place } from '../../shared/schemas.ts'
import { signIn } from '../start-server.ts'
import type { Random } from './random.ts'

/** What somebody has archived, deleted and put back, whatever happened to the server meanwhile. */
export interface Tidying {
  /** Where each was put last, as the server has acknowledged it. */
  readonly placed: ReadonlyMap<number, Place>
  /** What was put back last, and so is unread again. */
  readonly undone: ReadonlySet<number>
  /** No more is begun; resolves when all that was is acknowledged. */
  stop(): Promise<void>
}

/** A user who puts one notification after the other somewhere. What was not answered is asked for again, until it is. */
export async function startTidying(origin: string, user: string, random: Random): Promise<Tidying> {
  const placed = new Map<number, Place>()
  const undone = new Set<number>()
  let stopped = false
  onTestFinished(() => {
    stopped = true
  })
  const headers = { 'Content-Type': 'application/json', Cookie: await signIn(origin, user) }
  const done = tidy()
  done.catch(() => {})
  return {
    placed,
    undone,
    async stop() {
      stopped = true
      await done
    },
  }

  async function tidy(): Promise<void> {
    while (!stopped) {
      const ids = [...(await list()), ...placed.keys()]
      if (ids.length > 0) {
        const id = random.pick(ids)
        // Half of what is taken away is put back.
        const to = placed.get(id) === undefined ? random.pick<Place>(['archived', 'deleted']) : 'inbox'
        while (!(await move(id, to))) await delay(100)
        if (to === 'inbox') {
          placed.delete(id)
          undone.add(id)
        } else {
          placed.set(id, to)
          undone.delete(id)
        }
      }
      await delay(random.between(50, 400))
    }
  }

  /** The newest ones; none while the server is away. */
  async function list(): Promise<number[]> {
    const answer = await fetch(`${origin}/api/notifications?limit=20`, { headers }).catch(() => undefined)
    const page = (await answer?.json().catch(() => undefined)) as
      | { notifications?: { id: number }[] }
      | undefined
    return (page?.notifications ?? []).map(({ id }) => id)
  }

  async function move(id: number, to: Place): Promise<boolean> {
    const body = JSON.stringify({ ids: [id], to, unread: to === 'inbox' })
    const init = { method: 'POST', headers, body }
    const answer = await fetch(`${origin}/api/notifications/move`, init).catch(() => undefined)
    if (!answer || answer.status === 503) return false
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`)
    return true
  }
}
