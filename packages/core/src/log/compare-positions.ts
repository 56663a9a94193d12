/** The parts of an id of any broker: `<epoch>-<number>[.<number>][-<nonce>]`. */
const idForm = /^([!-,.-~]+)-(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*))?(?:-[!-~]+)?$/

const maxLength = 64

/**
 * Compares two positions in the log.
 *
 * @param a an event id, or a `hub.position`
 * @returns -1 if `a` comes before `b`, 1 if it comes after, 0 if they are the same. `undefined` if they cannot be ordered: one is not an id, or
 * they are from two logs, or from two branches of a log that lost its newest entries
 */
export function comparePositions(a: string, b: string): -1 | 0 | 1 | undefined {
  const [one, other] = [numbersOf(a), numbersOf(b)]
  if (!one || !other || one.epoch !== other.epoch) return undefined
  if (a === b) return 0
  const order = compareNumbers(one.number, other.number) || compareNumbers(one.minor, other.minor)
  return order === 0 ? undefined : order < 0 ? -1 : 1
}

function numbersOf(id: unknown): { epoch: string; number: string; minor: string } | undefined {
  if (typeof id !== 'string' || id.length > maxLength) return undefined
  const [, epoch, number, minor = '0'] = idForm.exec(id) ?? []
  return epoch === undefined || number === undefined ? undefined : { epoch, number, minor }
}

/** Compares digits without leading zeros as text, because a JavaScript number cannot hold 64 bits exactly. */
function compareNumbers(one: string, other: string): number {
  if (one.length !== other.length) return one.length - other.length
  return one === other ? 0 : one < other ? -1 : 1
}
