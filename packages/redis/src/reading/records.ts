import type { EndedChannels, Records } from '@sse/core'
import type { Connection } from '../connection/connection.ts'
import type { TransferSize } from '../connection/transfer-size.ts'
import { isHarmless } from '../failure.ts'
import { compareAt } from '../log/cursor.ts'
import type { Keys } from '../log/keys.ts'
import { newEpoch } from '../log/log-state.ts'
import { readEnded, readRecords } from '../log/scripts.ts'
import { parseRecord, publicEntry } from '../log/stored-entry.ts'

/**
 * Reads the records of channels, by one script, so that they are those of one position.
 *
 * @throws (rejected) the error that Redis replies, or why the connection was lost
 */
export async function recordsOf(
  connection: Connection,
  keys: Keys,
  channels: readonly string[],
  size: TransferSize,
): Promise<Records> {
  const asked = size.bytes
  try {
    const reply = await connection.run(
      readRecords,
      keys.withRecords,
      [newEpoch(), ...channels],
      size.timeoutFactor,
    )
    const [position = '', ...stored] = reply as readonly string[]
    // A record on several of the channels is stored for each of them.
    const entries = new Map(stored.flatMap((text) => parseRecord(text) ?? []).map((one) => [one.id, one]))
    const inOrder = [...entries.values()].sort((one, other) => compareAt(one.cursor.at, other.cursor.at))
    return { position, entries: inOrder.map(publicEntry) }
  } catch (error) {
    // After a lost connection, the next reply may take longer.
    if (!isHarmless(error)) size.lost(asked)
    throw error
  }
}

/** Reads the channels that have ended. @throws (rejected) as `recordsOf` */
export async function endedOf(connection: Connection, keys: Keys): Promise<EndedChannels> {
  const reply = await connection.run(readEnded, keys.withRecords, [newEpoch()])
  const [position = '', ...channels] = reply as readonly string[]
  return { position, channels }
}
