import { createSseClient, type SseClientOptions } from '@sse/client'
import { onTestFinished } from 'vitest'
import type { NotificationEvents } from '../../shared/schemas.ts'

/** A client that keeps a record of what it was told. */
export interface Follower {
  /** When it was connected each time, in ms of `performance.now()`. */
  readonly opened: readonly number[]
  /** Ids of the notifications, as they came. */
  readonly received: readonly number[]
  /** What it must never be told: a gap, or that it has not resumed. */
  readonly faults: readonly string[]
  /** Whether the client has given up. */
  closed(): boolean
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
  client.connect()
  onTestFinished(() => client.close())
  return { opened, received, faults, closed: () => client.state.status === 'closed' }
}
