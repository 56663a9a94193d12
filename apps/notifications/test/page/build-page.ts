import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Rolldown } from 'vite'

const configFile = join(import.meta.dirname, '../../vite.config.ts')
const root = join(import.meta.dirname, '../../../..')
const built = join(import.meta.dirname, '../../web/dist/index.html')

/** The sources of the page: the app, the kit, and the packages. */
const sources = [
  'apps/notifications/{web,shared}/**/*.{ts,js,vue,css,html,svg}',
  'apps/notifications/{vite.config.ts,package.json}',
  'packages/{client,vue,vuex}/src/**/*.ts',
  'apps/kit/src/{page,web}/**/*.{ts,vue,css,html}',
]

// `pnpm test` builds it before the tests.
if (import.meta.main) await buildPage()

/** Builds the page as `pnpm build` does, unless it is newer than all it is made of. */
export async function buildPage(): Promise<void> {
  const files = sources.flatMap((pattern) => globSync(pattern, { cwd: root }))
  const own = files.filter((file) => !file.includes('web/dist/'))
  const newest = Math.max(...own.map((file) => statSync(join(root, file)).mtimeMs))
  if ((statSync(built, { throwIfNoEntry: false })?.mtimeMs ?? 0) > newest) return
  await build({ configFile, logLevel: 'warn' })
}

/**
 * What a browser must have before it can show the list, as `pnpm build` makes it: the page, its style sheet, its icon, and the modules that the first
 * one imports. `bytes` are gzipped, each file by itself. Nothing is written.
 */
export async function firstLoad(): Promise<{ files: number; bytes: number }> {
  // Under Vitest it is `test`, and Vue comes with all its warnings.
  const before = process.env['NODE_ENV']
  process.env['NODE_ENV'] = 'production'
  try {
    const { output } = (await build({
      configFile,
      logLevel: 'warn',
      build: { write: false },
    })) as Rolldown.RolldownOutput
    const html = output.find(({ fileName }) => fileName === 'index.html') as Rolldown.OutputAsset
    const named = [...String(html.source).matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(
      ([, name]) => name!,
    )
    const modules = new Set<string>()
    const follow = (name: string): void => {
      const chunk = output.find(({ fileName }) => fileName === name)
      if (modules.has(name) || chunk?.type !== 'chunk') return
      modules.add(name)
      for (const next of chunk.imports) follow(next)
    }
    for (const name of named) follow(name)
    const files = new Set(['index.html', ...named, ...modules])
    let bytes = 0
    for (const file of output) {
      if (files.has(file.fileName)) bytes += gzipSync(file.type === 'chunk' ? file.code : file.source).length
    }
    return { files: files.size, bytes }
  } finally {
    process.env['NODE_ENV'] = before
  }
}
