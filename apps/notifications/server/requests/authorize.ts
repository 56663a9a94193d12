import type { Request } from 'express'
import type { TopicStore } from '../stores/topics.ts'
import { signedIn } from './session.ts'

/**
 * Which channels a page may ask for: `all`, the user's own, the topics they follow, and `admin:…` for the operator. Nobody reads what is
 * for somebody else.
 */
export function authorize(topics: TopicStore): (req: Request, channel: string) => boolean {
  return (req, channel) => {
    const reader = signedIn(req)
    if (!reader) return false
    if (channel.startsWith('admin:')) return reader.admin
    return topics.channelsOf(reader).some((own) => own === channel)
  }
}
