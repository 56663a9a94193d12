interface Sized {
  readonly bytes: number
}

/** How many of the oldest make one batch: at least one, and no more than these limits allow. */
export function batchLength(
  waiting: readonly Sized[],
  most: { readonly entries: number; readonly bytes: number },
): number {
  let bytes = 0
  const end = waiting.findIndex((one, index) => {
    bytes += one.bytes
    return index === most.entries || (index > 0 && bytes > most.bytes)
  })
  return end === -1 ? waiting.length : end
}

export function totalBytes(batch: readonly Sized[]): number {
  return batch.reduce((sum, { bytes }) => sum + bytes, 0)
}
