/** The topics that each user follows or has muted. They decide what a user sees. */
import type { Recipient, Topics } from '../../shared/schemas.ts'
import { all, type Work } from '../database/work.ts'
import { type Person, people, topics } from '../directory.ts'

export interface TopicStore {
  of(person: Person): Work<Topics>
  /** Sets one of the two lists; returns whether that changed anything. */
  set(list: keyof Topics, person: Person, topic: string, wanted: boolean): Work<boolean>
  /** The channels whose notifications this person sees: all, their own, and those of the topics they follow. */
  channelsOf(person: Person): Work<Recipient[]>
  /** Who receives what is sent to this recipient, by id. */
  audienceOf(to: Recipient): Work<string[]>
  /** Those of them that count as unread, and announce themselves: the ones that are not muted. */
  audibleChannelsOf(person: Person): Work<Recipient[]>
}

const tables = { following: 'follows', muted: 'mutes' } as const

export function createTopicStore(): TopicStore {
  /** In the order of the directory. */
  function* listOf(list: keyof Topics, person: Person): Work<string[]> {
    const sql = `SELECT topic FROM ${tables[list]} WHERE user_id = :user`
    const ids = new Set((yield* all(sql, { user: person.id })).map((row) => row['topic']))
    return topics.map(({ id }) => id).filter((id) => ids.has(id))
  }

  const channelsFor = (person: Person, followed: readonly string[]): Recipient[] => [
    'all',
    `user:${person.id}`,
    ...followed.map((topic): Recipient => `topic:${topic}`),
  ]

  return {
    *of(person) {
      return { following: yield* listOf('following', person), muted: yield* listOf('muted', person) }
    },
    *set(list, person, topic, wanted) {
      const table = tables[list]
      const sql = wanted
        ? `INSERT INTO ${table} VALUES (:user, :topic) ON CONFLICT DO NOTHING RETURNING topic`
        : `DELETE FROM ${table} WHERE user_id = :user AND topic = :topic RETURNING topic`
      return (yield* all(sql, { user: person.id, topic })).length > 0
    },
    *channelsOf(person) {
      return channelsFor(person, yield* listOf('following', person))
    },
    *audienceOf(to) {
      if (to === 'all') return people.map(({ id }) => id)
      const [kind, id = ''] = to.split(':')
      if (kind === 'user') return [id]
      const rows = yield* all('SELECT user_id FROM follows WHERE topic = :topic ORDER BY user_id', {
        topic: id,
      })
      return rows.map((row) => String(row['user_id']))
    },
    *audibleChannelsOf(person) {
      const muted = new Set(yield* listOf('muted', person))
      const following = yield* listOf('following', person)
      return channelsFor(
        person,
        following.filter((topic) => !muted.has(topic)),
      )
    },
  }
}
