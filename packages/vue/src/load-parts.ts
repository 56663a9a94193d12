type Parts = typeof import('./lazy.ts')

/** The parts that are loaded beside the first connection, once they are there. */
export let parts: Parts | undefined

/** Rejects if they cannot be loaded, as after a new deployment. The next call tries again. */
export async function loadParts(): Promise<Parts> {
  const loaded = await import('./lazy.ts')
  parts = loaded
  return loaded
}
