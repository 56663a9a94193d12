import { type PublishedInTransaction, SseError } from '@sse/core'
import { show } from '@sse/core/internal'
import { type Queryable, rowsOf } from '../connection/driver.ts'
import { failureOf, stateOf } from '../failure.ts'
import { newNonce } from '../log/cursor.ts'
import { type Log, textOf } from '../log/log.ts'
import type { StoredTexts } from '../log/stored-entry.ts'

/** What was published within a transaction, and the transaction. */
export interface Enqueued extends PublishedInTransaction {
  /** `undefined` for a repeat of what has its position already. */
  readonly xid: string | undefined
}

/**
 * Publishes within a transaction of the app: it inserts a row, and takes no lock. The row has no position until the transaction has committed.
 *
 * @throws (rejected) {SseError} `invalid-option` if it is not a transaction
 */
export async function enqueue(
  transaction: object,
  log: Log,
  { header, record, data }: StoredTexts,
  key: string | null,
): Promise<Enqueued> {
  const client = queryableOf(transaction)
  const { text, params } = log.enqueueStatement([newNonce(), header, record, data, key])
  let row: ReturnType<typeof rowsOf>[number] | undefined
  try {
    ;[row] = rowsOf(await client.query(text, params))
  } catch (error) {
    // A serialisation failure or a deadlock is the app's to try again, and it looks for the error of its driver.
    throw stateOf(error)?.startsWith('40') ? error : failureOf(error, log.name)
  }
  const [receipt, xid] = [textOf(row, 'receipt'), textOf(row, 'xid')]
  const duplicate = textOf(row, 'duplicate') === 'true'
  if (xid === '') return { receipt: `${textOf(row, 'epoch')}-${receipt}`, xid: undefined, duplicate }
  return { receipt: `${receipt}.${xid}`, xid, duplicate }
}

function queryableOf(transaction: object): Queryable {
  if ('query' in transaction && typeof transaction.query === 'function') {
    // A pool runs each statement in a transaction of its own, so a rollback would not remove the event.
    if (!('totalCount' in transaction && 'connect' in transaction)) return transaction as Queryable
    throw notInTransaction()
  }
  const message = `${show(transaction)} is not a transaction: pass a client of the package pg, or an object { query(text, params) } around the transaction of another driver.`
  throw new SseError('invalid-option', message, { value: transaction })
}

function notInTransaction(): SseError {
  const message =
    'The transaction is not open: pass the client on which you have run BEGIN, and not a pool. To publish without a transaction, leave the option out.'
  return new SseError('invalid-option', message)
}
