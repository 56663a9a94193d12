/** The parts of an id. */
export interface Cursor {
  /** Of the log: drawn when the log begins, and the same in every copy of the file. */
  readonly epoch: string
  /** The number of the entry, from 1. 0 is the origin of the log. */
  readonly seq: number
  /** Drawn when a broker starts: two copies of a file never continue with the same nonce. */
  readonly nonce: string
}

const form = /^([0-9a-f]{8})-(0|[1-9][0-9]{0,14})-([0-9a-f]{12})$/

export function formatId({ epoch, seq, nonce }: Cursor): string {
  return `${epoch}-${seq}-${nonce}`
}

/** @returns `undefined` for a text that is not an id of this form */
export function parseId(text: string): Cursor | undefined {
  const [, epoch, seq, nonce] = form.exec(text) ?? []
  if (epoch === undefined || seq === undefined || nonce === undefined) return undefined
  return { epoch, seq: Number(seq), nonce }
}
