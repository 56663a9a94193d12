import type { Connection } from '../connection/connection.ts'
import type { TransferSize } from '../connection/transfer-size.ts'
import { isHarmless } from '../failure.ts'
import type { Keys } from './keys.ts'
import { page } from './scripts.ts'
import type { StoredEntry } from './stored-entry.ts'

/** As many entries as fit into one transfer. */
export interface StoredPage {
  readonly stored: readonly StoredEntry[]
  /** Whether there are more in the same direction. */
  readonly more: boolean
}

/**
 * Reads one page, from a stream id upwards (`XRANGE`) or downwards (`XREVRANGE`).
 *
 * @param from is included, unless it begins with `(`
 * @throws (rejected) the error that Redis replies, or why the connection was lost
 */
export async function readStored(
  connection: Connection,
  keys: Keys,
  command: 'XRANGE' | 'XREVRANGE',
  from: string,
  { most, size }: { readonly most: number; readonly size: TransferSize },
): Promise<StoredPage> {
  const asked = size.bytes
  const since = performance.now()
  const args = [command, from, command === 'XRANGE' ? '+' : '-', String(most), String(asked)]
  try {
    const reply = await connection.run(page, [keys.log], args, size.timeoutFactor)
    const [stored, more, bytes] = reply as unknown as readonly [readonly StoredEntry[], number, number]
    size.moved(bytes, performance.now() - since)
    return { stored, more: more === 1 }
  } catch (error) {
    if (!isHarmless(error)) size.lost(asked)
    throw error
  }
}
