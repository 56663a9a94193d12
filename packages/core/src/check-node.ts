/**
 * Refuses a Node that is too old when a package is imported. Otherwise the first call of a function that this Node lacks would fail later, with
 * a message that does not name the cause. Other runtimes tell the version of Node that they correspond to.
 *
 * @param needed the oldest version that works, such as `22.12`
 * @param node the version that runs; `undefined` where there is no Node
 * @throws an Error that names the package, the version it needs and the one that runs
 */
export function checkNode(
  name: string,
  needed: string,
  node: string | undefined = globalThis.process?.versions?.node,
): void {
  if (node === undefined || isAtLeast(node, needed)) return
  throw new Error(`${name} needs Node ${needed} or newer, and this is Node ${node}: install a newer Node.`)
}

/** Compares major and minor; a version that cannot be read is not refused. */
function isAtLeast(version: string, needed: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [neededMajor = 0, neededMinor = 0] = needed.split('.').map(Number)
  return !(major < neededMajor || (major === neededMajor && minor < neededMinor))
}
