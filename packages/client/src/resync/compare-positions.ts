/** The parts of an event id: `<epoch>-<number>[.<number>][-<nonce>]`. */
const FORM = /^([!-,.-~]+)-(0|[1-9]\d*)(?:\.(0|[1-9]\d*))?(?:-[!-~]+)?$/

/**
 * Compares two positions, as `comparePositions` of `@sse/core` does.
 *
 * @returns negative if `a` comes before `b`, positive if it comes after, 0 if they are the same. `undefined` if they cannot be ordered: one
 * is not an id, or they are from two logs or two branches of a log
 */
export function comparePositions(a: string, b: string): number | undefined {
  const [one, other] = [a, b].map((id) => (id.length > 64 ? null : FORM.exec(id)))
  if (!one || !other || one[1] !== other[1]) return undefined
  if (a === b) return 0
  for (const part of [2, 3]) {
    const [x = '0', y = '0'] = [one[part], other[part]]
    // As text, because a number cannot hold 64 bits.
    if (x !== y) return x.length - y.length || (x < y ? -1 : 1)
  }
  return undefined
}

export const isPosition = (value: unknown): value is string =>
  typeof value === 'string' && comparePositions(value, value) === 0
