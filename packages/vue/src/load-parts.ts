type Parts = typeof import('./lazy.ts')

/** What is loaded beside the page, once it is there. */
export let parts: Parts | undefined

/** A package for a store whose development build brings the parts along: there nothing has to wait. */
export function provideParts(given: Parts): void {
  parts = given
}

/** Rejects if they cannot be loaded, as after a new deployment. The next call tries again. */
export async function loadParts(): Promise<Parts> {
  if (parts) return parts
  const loaded = await import('./lazy.ts')
  parts = loaded
  return loaded
}
