/** The users, and the topics that they follow at first. A real product would ask its user directory. */
import type { Recipient, Topic, User } from '../shared/schemas.ts'

/** A person of the demo. */
export interface Person extends User {
  /** Whether this is the operator. */
  readonly admin: boolean
  /** Ids of the topics this person follows at first; which ones later is in the database. */
  readonly firstTopics: readonly string[]
}

export const topics: readonly Topic[] = [
  { id: 'releases', name: 'Releases' },
  { id: 'builds', name: 'Builds' },
  { id: 'security', name: 'Security' },
]

export const people: readonly Person[] = [
  { id: 'mina', name: 'Mina Kim', admin: false, firstTopics: ['releases', 'builds'] },
  { id: 'joon', name: 'Joon Park', admin: false, firstTopics: ['builds', 'security'] },
  { id: 'sora', name: 'Sora Lee', admin: false, firstTopics: ['releases', 'security'] },
  { id: 'admin', name: 'Admin', admin: true, firstTopics: ['releases', 'builds', 'security'] },
]

export function findPerson(id: unknown): Person | undefined {
  return people.find((person) => person.id === id)
}

export function isKnownTopic(id: string): boolean {
  return topics.some((topic) => topic.id === id)
}

/** Whether anybody, or any topic, stands behind this recipient. */
export function isKnownRecipient(to: Recipient): boolean {
  if (to === 'all') return true
  const [kind, id] = to.split(':')
  return kind === 'user' ? findPerson(id) !== undefined : isKnownTopic(id ?? '')
}
