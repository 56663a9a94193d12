import type { Connection } from '../connection/connection.ts'
import { isHarmless } from '../failure.ts'
import type { Keys } from './keys.ts'
import { page } from './scripts.ts'
import type { StoredEntry } from './stored-entry.ts'
import type { TransferSize } from '../connection/transfer-size.ts'

/** Entries as they are stored, as many as fit into a transfer. */
export interface StoredPage {
  readonly stored: readonly StoredEntry[]
  /** Whether there are more in the same direction. */
  readonly more: boolean
}

/** From a stream id on, itself included unless it begins with `(`. @throws (rejected) what Redis answers */
export function readForwards(
  connection: Connection,
  keys: Keys,
  from: string,
  most: number,
  size: TransferSize,
): Promise<StoredPage> {
  return read(connection, keys, ['XRANGE', from, '+', String(most)], size)
}

/** From a stream id back, the newest first. @throws (rejected) what Redis answers */
export function readBackwards(
  connection: Connection,
  keys: Keys,
  from: string,
  most: number,
  size: TransferSize,
): Promise<StoredPage> {
  return read(connection, keys, ['XREVRANGE', from, '-', String(most)], size)
}

async function read(
  connection: Connection,
  keys: Keys,
  range: readonly string[],
  size: TransferSize,
): Promise<StoredPage> {
  const asked = size.bytes
  const since = performance.now()
  try {
    const reply = await connection.run(page, [keys.log], [...range, String(asked)], size.patience)
    const [stored, more, bytes] = reply as unknown as readonly [readonly StoredEntry[], number, number]
    size.moved(bytes, performance.now() - since)
    return { stored, more: more === 1 }
  } catch (error) {
    if (!isHarmless(error)) size.lost(asked)
    throw error
  }
}
