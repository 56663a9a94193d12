/** A row of boxes, one for each entry of a log: the oldest entry, where its box begins, and how wide a box is. */
interface Row {
  readonly size: 'wide' | 'narrow'
  readonly oldest: number
  readonly left: number
  readonly box: number
}

export function entriesOf({ oldest }: Row, newest: number): number[] {
  return Array.from({ length: newest - oldest + 1 }, (_, index) => oldest + index)
}

/** Where the box of an entry begins. */
export function startOf({ size, oldest, left, box }: Row, entry: number): number {
  const space = size === 'wide' ? 10 : 8
  return left + (entry - oldest) * (box + space)
}
