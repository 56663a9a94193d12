/** An id, taken apart. */
export interface Cursor {
  /** Of the log: given when it was made, the same for ever and in every copy of the file. */
  readonly epoch: string
  /** The number of the entry, from 1; 0 is the log's origin. */
  readonly seq: number
  /** Of the term in which the entry was appended: two copies of a file never go on with the same one. */
  readonly nonce: string
}

const form = /^([0-9a-f]{8})-(0|[1-9][0-9]{0,14})-([0-9a-f]{12})$/

export function formatId({ epoch, seq, nonce }: Cursor): string {
  return `${epoch}-${seq}-${nonce}`
}

/** `undefined` for what is no id of this kind of log. */
export function parseId(text: string): Cursor | undefined {
  const [, epoch, seq, nonce] = form.exec(text) ?? []
  if (epoch === undefined || seq === undefined || nonce === undefined) return undefined
  return { epoch, seq: Number(seq), nonce }
}
