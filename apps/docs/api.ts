/**
 * The reference, from the docstrings: `pnpm --filter @sse/docs generate` writes `api/`, which git ignores. It reads the sources, so nothing has to
 * be built before.
 */
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Application, Comment, type DeclarationReflection, TSConfigReader } from 'typedoc'
import type { PluginOptions } from 'typedoc-plugin-markdown'

const packages = fileURLToPath(new URL('../../packages', import.meta.url))
const out = fileURLToPath(new URL('api', import.meta.url))

/** What a user can import, and where it is written. */
const entries: Readonly<Record<string, string>> = {
  // Core before what exports it again: a name is described where it is from.
  '@sse/core': 'core/src/index.ts',
  // Core exports it again: it is described here, where routes are tested.
  '@sse/express/testing': 'express/src/testing/index.ts',
  '@sse/core/testing': 'core/src/testing/index.ts',
  '@sse/express': 'express/src/index.ts',
  '@sse/fetch': 'fetch/src/index.ts',
  '@sse/sqlite': 'sqlite/src/index.ts',
  '@sse/redis': 'redis/src/index.ts',
  '@sse/postgres': 'postgres/src/index.ts',
  '@sse/cluster': 'cluster/src/index.ts',
  '@sse/client': 'client/src/index.ts',
  '@sse/client/iterate': 'client/src/iterate/index.ts',
  '@sse/client/testing': 'client/src/testing/index.ts',
  // Before what exports it again.
  '@sse/vue': 'vue/src/index.ts',
  '@sse/pinia': 'pinia/src/index.ts',
  '@sse/vuex': 'vuex/src/index.ts',
}

const markdown: Partial<PluginOptions> = {
  fileExtension: '.md',
  entryFileName: 'index',
  hideBreadcrumbs: true,
  hidePageHeader: true,
  expandObjects: true,
  expandParameters: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  useCodeBlocks: true,
  // Docstrings say `<id>` and `{ a }`, which VitePress would take for elements and interpolations.
  sanitizeComments: true,
}

const app = await Application.bootstrapWithPlugins(
  {
    name: 'API reference',
    plugin: ['typedoc-plugin-markdown'],
    entryPoints: Object.values(entries).map((path) => `${packages}/${path}`),
    tsconfig: fileURLToPath(new URL('tsconfig.api.json', import.meta.url)),
    // Types are judged by `pnpm typecheck`.
    skipErrorChecking: true,
    out,
    // A module is one page: what belongs together is read together, and found by one search.
    router: 'module',
    disableSources: true,
    excludeInternal: true,
    excludeExternals: true,
    // What a package exports of another is described there.
    excludeReferences: true,
    groupOrder: ['Functions', 'Interfaces', 'Classes', 'Type Aliases', 'Variables'],
    readme: 'none',
    logLevel: 'Warn',
    validation: false,
    ...markdown,
  } as Parameters<typeof Application.bootstrapWithPlugins>[0],
  [new TSConfigReader()],
)
const project = await app.convert()
if (!project) throw new Error('TypeDoc could not read the packages.')

/** A module is called what one imports, not where it lies. */
for (const module of project.children ?? []) {
  module.name = importName(module)
  const text = introduction(module.name)
  module.comment = new Comment([{ kind: 'text', text }])
}
rmSync(out, { recursive: true, force: true })
await app.generateOutputs(project)
if (app.logger.hasErrors()) process.exitCode = 1

function introduction(name: string): string {
  const [, folder = ''] = /^@sse\/(\w+)$/.exec(name) ?? []
  const again: Readonly<Record<string, string>> = {
    '@sse/express': '@sse/core',
    '@sse/fetch': '@sse/core',
    '@sse/vue': '@sse/client',
    '@sse/pinia': '@sse/vue',
    '@sse/vuex': '@sse/vue',
  }
  const also = again[name] && `Everything of [${again[name]}](/api/${again[name]}) is exported too.`
  const guide = folder && `How it is used: [the guide to ${name}](/packages/${folder}).`
  return [guide, also].filter(Boolean).join(' ') || 'For tests and special needs.'
}

function importName(module: DeclarationReflection): string {
  const source = module.sources?.[0]?.fullFileName ?? `${packages}/${module.name}`
  const folder = (path: string) => path.replace(/(\/index)?(\.ts)?$/, '')
  const found = Object.entries(entries).find(([, path]) => `${packages}/${folder(path)}` === folder(source))
  if (!found) throw new Error(`Which module is ${module.name} (${source})?`)
  return found[0]
}
