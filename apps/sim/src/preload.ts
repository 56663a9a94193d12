/** Loads what the packages load later: reading a file takes real time, which the simulation does not have. */
export async function preload(): Promise<void> {
  const packages = new URL('../../../packages/', import.meta.url)
  const lazy = [
    'client/src/lazy.ts',
    'client/src/share/shared-connection.ts',
    'client/src/http/follow-redirects.ts',
  ]
  for (const path of [...lazy, 'vue/src/lazy.ts']) await import(new URL(path, packages).href)
  // Some Nodes warn of `node:sqlite`, at the end of the turn in which it is loaded.
  await new Promise((resolve) => setImmediate(resolve))
}
