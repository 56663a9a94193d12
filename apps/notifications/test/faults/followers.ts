import { createSseClient, type SseClientOptions } from '@sse/client'
import { onTestFinished } from 'vitest'
import type { NotificationEvents } from '../../shared/schemas.ts'

/** A client that keeps a record of what it was told. */
export interface Follower {
  /** When it was connected each time, in ms of `performance.now()`. */
  readonly opened: readonly number[]
  /** Ids of the notifications, as they came. */
  readonly received: readonly number[]
  /** The names of those who are online, in alphabetical order; none before it was told of any. */
  online(): readonly string[]
  /** What it must never be told: a gap, that it has not resumed, or somebody twice. */
  readonly faults: readonly string[]
  /** Whether the client has given up. */
  closed(): boolean
  /** Follows no more. */
  leave(): void
}

/** Follows the stream of the user of this cookie until the test is over. */
export function follow(
  origin: string,
  Cookie: string,
  options: SseClientOptions<NotificationEvents> = {},
): Follower {
  const client = createSseClient<NotificationEvents>(`${origin}/events`, { ...options, headers: { Cookie } })
  const opened: number[] = []
  const received: number[] = []
  const faults: string[] = []
  client.on('sse.open', ({ resumed }) => {
    if (opened.length > 0 && resumed !== true) faults.push(`resumed: ${resumed}`)
    opened.push(performance.now())
  })
  client.on('sse.gap', ({ reason }) => faults.push(`gap: ${reason}`))
  client.on('notification', ({ id }) => received.push(id))
  let online: readonly string[] = []
  client.onPresence<{ name: string }>('all', ({ members = [] }) => {
    online = members.map(({ info }) => info.name).toSorted()
    if (new Set(online).size < online.length) faults.push(`online: ${online}`)
  })
  client.connect()
  onTestFinished(() => client.close())
  return {
    opened,
    received,
    faults,
    online: () => online,
    closed: () => client.state.status === 'closed',
    leave: () => client.close(),
  }
}
