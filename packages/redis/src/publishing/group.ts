/** Something that waits to be sent. */
interface Waiting {
  readonly bytes: number
}

/** Takes the oldest that wait: at least one, at most so many, and no more bytes than these. */
export function takeGroup<T extends Waiting>(waiting: T[], count: number, bytes: number): readonly T[] {
  let sum = 0
  const end = waiting.findIndex((one, index) => {
    sum += one.bytes
    return index === count || (index > 0 && sum > bytes)
  })
  return waiting.splice(0, end === -1 ? waiting.length : end)
}

export function bytesOf(group: readonly Waiting[]): number {
  return group.reduce((sum, { bytes }) => sum + bytes, 0)
}
