import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Rolldown } from 'vite'

const configFile = join(import.meta.dirname, '../../vite.config.ts')
const root = join(import.meta.dirname, '../../../..')
const dist = join(import.meta.dirname, '../../web/dist')

/** The sources of the page: the app, the kit, and the packages. */
const sources = [
  'apps/notifications/{web,shared}/**/*.{ts,js,vue,css,html,svg}',
  'apps/notifications/{vite.config.ts,package.json}',
  'packages/{client,vue,vuex}/src/**/*.ts',
  'apps/kit/src/{page,web}/**/*.{ts,vue,css,html}',
]

/** `test`: with the warnings of Vue and a strict store, whose time grows with the list. `production`: what customers get. */
export type PageMode = 'test' | 'production'

// `pnpm test` builds it before the tests.
if (import.meta.main) await buildPage()

/**
 * Builds the page as `pnpm build` does, unless it is there, in this mode and newer than all it is made of.
 *
 * @param mode default: `test` in tests, else `production`
 */
export async function buildPage(
  mode: PageMode = process.env['NODE_ENV'] === 'test' ? 'test' : 'production',
): Promise<void> {
  const files = sources.flatMap((pattern) => globSync(pattern, { cwd: root }))
  const own = files.filter((file) => !file.includes('web/dist/'))
  const newest = Math.max(...own.map((file) => statSync(join(root, file)).mtimeMs))
  const isNew = (statSync(join(dist, 'index.html'), { throwIfNoEntry: false })?.mtimeMs ?? 0) > newest
  if (!isNew || builtMode() !== mode) await inMode(mode, () => build({ configFile, logLevel: 'warn' }))
}

/** The mode of the page that is there. Only Vue for development can warn. */
function builtMode(): PageMode {
  const modules = globSync('assets/*.js', { cwd: dist })
  const warns = modules.some((file) => readFileSync(join(dist, file), 'utf8').includes('[Vue warn]'))
  return warns ? 'test' : 'production'
}

async function inMode<Result>(mode: PageMode, run: () => Promise<Result>): Promise<Result> {
  const before = process.env['NODE_ENV']
  process.env['NODE_ENV'] = mode
  try {
    return await run()
  } finally {
    if (before === undefined) delete process.env['NODE_ENV']
    else process.env['NODE_ENV'] = before
  }
}

/**
 * What a browser must have before it can show the list, as `pnpm build` makes it: the page, its style sheet, its icon, and the modules that the first
 * one imports. `bytes` are gzipped, each file by itself. Nothing is written.
 */
export async function firstLoad(): Promise<{ files: number; bytes: number }> {
  const options = { configFile, logLevel: 'warn', build: { write: false } } as const
  const { output } = (await inMode('production', () => build(options))) as Rolldown.RolldownOutput
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
}
