import { fileURLToPath } from 'node:url'

/** The folder of the repository. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
/** What the last run of `pnpm test` has left. Ignored by git, gone with `node_modules`. */
export const cache = `${root}/node_modules/.cache/sse`
/** The packed packages of the run, which tests install and `pnpm check` judges. */
export const packed = `${cache}/packed`
/** The last line of the last `pnpm test`, for `.ci/run`. */
export const countsFile = `${cache}/counts.txt`

/** The executable of a dev dependency of the repository. It runs on the Node of the catalog. */
export function tool(name: string): string {
  return `${root}/node_modules/.bin/${name}`
}
