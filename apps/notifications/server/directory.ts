/** Who there is and what they follow. A real product would ask its user directory. */
import type { Recipient, Topic, User } from '../shared/schemas.ts'

/** A person of the demo. */
export interface Person extends User {
  /** Ids of the topics this person follows. */
  readonly topics: readonly string[]
}

export const topics: readonly Topic[] = [
  { id: 'releases', name: 'Releases' },
  { id: 'builds', name: 'Builds' },
  { id: 'security', name: 'Security' },
]

export const people: readonly Person[] = [
  { id: 'mina', name: 'Mina Kim', topics: ['releases', 'builds'] },
  { id: 'joon', name: 'Joon Park', topics: ['builds', 'security'] },
  { id: 'sora', name: 'Sora Lee', topics: ['releases', 'security'] },
  { id: 'admin', name: 'Admin', topics: ['releases', 'builds', 'security'] },
]

export function findPerson(id: unknown): Person | undefined {
  return people.find((person) => person.id === id)
}

/** The channels whose notifications this person sees: all, their own, and those of their topics. */
export function channelsOf(person: Person): Recipient[] {
  return ['all', `user:${person.id}`, ...person.topics.map((topic): Recipient => `topic:${topic}`)]
}

/** Whether anybody, or any topic, stands behind this recipient. */
export function isKnownRecipient(to: Recipient): boolean {
  if (to === 'all') return true
  const [kind, id] = to.split(':')
  return kind === 'user' ? findPerson(id) !== undefined : topics.some((topic) => topic.id === id)
}
