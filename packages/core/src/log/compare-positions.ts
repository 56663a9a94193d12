/** An id of any broker, taken apart: `<epoch>-<number>[.<number>][-<nonce>]`. */
const idForm = /^([!-,.-~]+)-(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*))?(?:-[!-~]+)?$/

const longest = 64

/**
 * Which of two positions comes first in the log.
 *
 * @param a an event id, or a `hub.position`
 * @returns -1 when `a` comes before `b`, 1 when it comes after, 0 when they are the same; `undefined` when they cannot be ordered: one is not
 * an id, they are of two logs, or of two branches of a log that lost its tail
 */
export function comparePositions(a: string, b: string): -1 | 0 | 1 | undefined {
  const [one, other] = [numbersOf(a), numbersOf(b)]
  if (!one || !other || one.epoch !== other.epoch) return undefined
  if (a === b) return 0
  const order = compareNumbers(one.number, other.number) || compareNumbers(one.minor, other.minor)
  return order === 0 ? undefined : order < 0 ? -1 : 1
}

function numbersOf(id: unknown): { epoch: string; number: string; minor: string } | undefined {
  if (typeof id !== 'string' || id.length > longest) return undefined
  const [, epoch, number, minor = '0'] = idForm.exec(id) ?? []
  return epoch === undefined || number === undefined ? undefined : { epoch, number, minor }
}

/** Compares digits without leading zeros: numbers may have 64 bits, which a JavaScript number does not hold. */
function compareNumbers(one: string, other: string): number {
  if (one.length !== other.length) return one.length - other.length
  return one === other ? 0 : one < other ? -1 : 1
}
