import type { Connection } from '../connection/connection.ts'
import type { Keys } from './keys.ts'
import { eviction } from './scripts.ts'

/** Warns the operator of a Redis that evicts keys of the log when its memory is full, if the user may ask Redis for that (`INFO`). */
export async function warnOfEviction(connection: Connection, keys: Keys): Promise<void> {
  const policy = await connection.run(eviction, [keys.meta], []).catch(() => '')
  const loss = typeof policy === 'string' && lossBy(policy)
  if (!loss) return
  process.emitWarning(
    `Redis evicts keys by maxmemory-policy ${policy}. When its memory is full, the log ${keys.log} ${loss}. Set maxmemory-policy noeviction.`,
    { type: 'SseWarning', code: 'SSE_REDIS_EVICTION' },
  )
}

function lossBy(policy: string): string | undefined {
  if (policy.startsWith('allkeys-')) return 'is lost, and its clients receive a gap'
  if (policy.startsWith('volatile-'))
    return 'loses idempotency keys, and a publish that is repeated is appended twice'
  return undefined
}
