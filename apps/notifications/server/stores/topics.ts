/** The topics that each user follows or has muted. They decide what a user sees. */
import type { DatabaseSync } from 'node:sqlite'
import type { Recipient, Topics } from '../../shared/schemas.ts'
import { type Person, people, topics } from '../directory.ts'

export interface TopicStore {
  of(person: Person): Topics
  /** Sets one of the two lists; returns whether that changed anything. */
  set(list: keyof Topics, person: Person, topic: string, wanted: boolean): boolean
  /** The channels whose notifications this person sees: all, their own, and those of the topics they follow. */
  channelsOf(person: Person): Recipient[]
  /** Who receives what is sent to this recipient, by id. */
  audienceOf(to: Recipient): string[]
  /** Those of them that count as unread, and announce themselves: the ones that are not muted. */
  audibleChannelsOf(person: Person): Recipient[]
}

const tables = { following: 'follows', muted: 'mutes' } as const

export function createTopicStore(database: DatabaseSync): TopicStore {
  const statementsOf = (table: 'follows' | 'mutes') => ({
    all: database.prepare(`SELECT topic FROM ${table} WHERE user_id = ?`),
    insert: database.prepare(`INSERT INTO ${table} VALUES (?, ?) ON CONFLICT DO NOTHING`),
    remove: database.prepare(`DELETE FROM ${table} WHERE user_id = ? AND topic = ?`),
  })
  const followers = database.prepare('SELECT user_id FROM follows WHERE topic = ? ORDER BY user_id')
  const statements = { following: statementsOf(tables.following), muted: statementsOf(tables.muted) }

  /** In the order of the directory. */
  function listOf(list: keyof Topics, person: Person): string[] {
    const ids = new Set(statements[list].all.all(person.id).map((row) => row['topic']))
    return topics.map(({ id }) => id).filter((id) => ids.has(id))
  }

  const channelsFor = (person: Person, followed: readonly string[]): Recipient[] => [
    'all',
    `user:${person.id}`,
    ...followed.map((topic): Recipient => `topic:${topic}`),
  ]

  return {
    of: (person) => ({ following: listOf('following', person), muted: listOf('muted', person) }),
    set(list, person, topic, wanted) {
      const { insert, remove } = statements[list]
      return (wanted ? insert : remove).run(person.id, topic).changes > 0
    },
    channelsOf: (person) => channelsFor(person, listOf('following', person)),
    audienceOf(to) {
      if (to === 'all') return people.map(({ id }) => id)
      const [kind, id = ''] = to.split(':')
      return kind === 'user' ? [id] : followers.all(id).map((row) => String(row['user_id']))
    },
    audibleChannelsOf(person) {
      const muted = new Set(listOf('muted', person))
      return channelsFor(
        person,
        listOf('following', person).filter((topic) => !muted.has(topic)),
      )
    },
  }
}
