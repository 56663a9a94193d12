import type { Request } from 'express'
import type { Run } from '../database/work.ts'
import type { TopicStore } from '../stores/topics.ts'
import { signedIn } from './session.ts'

/**
 * Which channels a page may ask for: `all`, the user's own, the topics they follow, and `admin:…` for the operator. Nobody reads what is
 * for somebody else.
 */
export function authorize(
  topics: TopicStore,
  run: Run,
): (req: Request, channel: string) => boolean | Promise<boolean> {
  return async (req, channel) => {
    const reader = signedIn(req)
    if (!reader) return false
    if (channel.startsWith('admin:')) return reader.admin
    const channels = await run(topics.channelsOf(reader))
    return channels.some((own) => own === channel)
  }
}
