/**
 * A command line for the pnpm that started us, which need not be on the path (`npx pnpm test`). It runs on the
 * Node of the catalog, as this file does.
 */
export function pnpm(...args: string[]): [string, ...string[]] {
  const own = process.env['npm_execpath']
  return own && /pnpm(\.c?js|\.mjs)?$/.test(own) ? [process.execPath, own, ...args] : ['pnpm', ...args]
}
