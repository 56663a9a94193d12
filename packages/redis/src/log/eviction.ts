import type { Connection } from '../connection/connection.ts'
import type { Keys } from './keys.ts'
import { eviction } from './scripts.ts'

/** Tells the operator of a Redis that lets go of keys of the log when its memory is full, where it may be asked. */
export async function warnOfEviction(connection: Connection, keys: Keys): Promise<void> {
  const policy = await connection.run(eviction, [keys.meta], []).catch(() => '')
  const loses = typeof policy === 'string' && lossOf(policy)
  if (!loses) return
  process.emitWarning(
    `Redis evicts keys by maxmemory-policy ${policy}. When its memory is full, the log ${keys.log} ${loses}. Set maxmemory-policy noeviction.`,
    { type: 'SseWarning', code: 'SSE_REDIS_EVICTION' },
  )
}

function lossOf(policy: string): string | undefined {
  if (policy.startsWith('allkeys-')) return 'is gone, and its clients are told a gap'
  if (policy.startsWith('volatile-'))
    return 'forgets idempotency keys, and a publish that is repeated is appended twice'
  return undefined
}
