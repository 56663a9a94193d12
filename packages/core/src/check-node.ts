/**
 * Refuses a Node that is too old when a package is imported. Otherwise a missing function would fail later, with a message that does not name
 * the cause. Other runtimes report the version of Node that they are compatible with.
 *
 * @param needed the oldest version that works, such as `22.12`
 * @param node the current version; `undefined` without Node
 * @throws an Error that names the package, the needed version and the current one
 */
export function checkNode(
  name: string,
  needed: string,
  node: string | undefined = globalThis.process?.versions?.node,
): void {
  if (node === undefined || isAtLeast(node, needed)) return
  throw new Error(`${name} needs Node ${needed} or newer, and this is Node ${node}: install a newer Node.`)
}

/** Compares major and minor. A version that cannot be parsed is not refused. */
function isAtLeast(version: string, needed: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [neededMajor = 0, neededMinor = 0] = needed.split('.').map(Number)
  return !(major < neededMajor || (major === neededMajor && minor < neededMinor))
}
