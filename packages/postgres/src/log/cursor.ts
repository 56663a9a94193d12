import { randomText } from '@sse/core/internal'

/** A position of the log, and the nonce of its row. */
export interface Position {
  readonly position: bigint
  /** A server that took over without the newest entries gives the same positions again. Only the nonce shows that. */
  readonly nonce: string
}

/** An id and its parts. */
export interface Cursor extends Position {
  /** Drawn when the log began. */
  readonly epoch: string
}

const form = /^([0-9a-f]{8})-(0|[1-9][0-9]{0,18})-([0-9a-f]{12})$/
/** Positions are a `bigint` of PostgreSQL. */
const largest = 9_223_372_036_854_775_807n

/** @returns `undefined` for a text that is not an id of this form */
export function parseId(id: string): Cursor | undefined {
  const [, epoch, digits, nonce] = form.exec(id) ?? []
  if (epoch === undefined || digits === undefined || nonce === undefined) return undefined
  const position = BigInt(digits)
  return position > largest ? undefined : { epoch, position, nonce }
}

/** `<epoch>-<position>-<nonce>` */
export function formatId({ epoch, position, nonce }: Cursor): string {
  return `${epoch}-${position}-${nonce}`
}

export function newNonce(): string {
  return randomText(6)
}
