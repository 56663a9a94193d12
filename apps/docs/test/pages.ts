import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')

export interface Page {
  /** From the root of the repository. */
  readonly path: string
  readonly text: string
}

/** The pages of this site that people wrote. */
export const docs: readonly Page[] = read('apps/docs', '**/*.md').filter(
  ({ path }) => !/^apps\/docs\/(?:api\/|packages\/|architecture\.md|README\.md)/.test(path),
)

/** A page whose code is that of its English page, which a test holds: it is neither type-checked nor run again. */
export const isTranslated = ({ path }: Pick<Page, 'path'>): boolean =>
  /^apps\/docs\/ko\/(?:start|questions|recipes|deployment|background|migration|reference|examples|troubleshooting)\b/.test(
    path,
  )

/** What is read on GitHub and npm. */
export const readmes: readonly Page[] = [
  ...read('.', '*.md'),
  ...read('packages', '*/*.md'),
  ...read('apps', '*/README.md'),
]

function read(folder: string, pattern: string): Page[] {
  const exclude = (path: string) => /(^|\/)(node_modules|\.vitepress)$/.test(path)
  return globSync(pattern, { cwd: `${root}/${folder}`, exclude })
    .sort()
    .map((path) => ({
      path: folder === '.' ? path : `${folder}/${path}`,
      text: readFileSync(`${root}/${folder}/${path}`, 'utf8'),
    }))
}
