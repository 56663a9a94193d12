import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'

const root = join(import.meta.dirname, '../../../..')
const built = join(import.meta.dirname, '../../web/dist/index.html')

/** The sources of the page: the app, the kit, and the packages. */
const sources = [
  'apps/notifications/{web,shared}/**/*.{ts,vue,css,html,svg}',
  'apps/notifications/{vite.config.ts,package.json}',
  'packages/{client,vuex}/src/**/*.ts',
  'apps/kit/src/{page,web}/**/*.{ts,vue,css,html}',
]

/** Builds the page as `pnpm build` does, unless it is newer than all it is made of. */
export async function buildPage(): Promise<void> {
  const files = sources.flatMap((pattern) => globSync(pattern, { cwd: root }))
  const own = files.filter((file) => !file.includes('web/dist/'))
  const newest = Math.max(...own.map((file) => statSync(join(root, file)).mtimeMs))
  if ((statSync(built, { throwIfNoEntry: false })?.mtimeMs ?? 0) > newest) return
  await build({ configFile: join(import.meta.dirname, '../../vite.config.ts'), logLevel: 'warn' })
}
