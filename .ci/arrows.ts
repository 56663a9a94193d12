/**
 * Which package may import what: the arrows of ARCHITECTURE.md, as data. What a package's own sources import is
 * listed here or is not imported; its tests may use what `devDependencies` brings besides.
 */
export interface Rule {
  /** Packages by name, `@sse/…` or from npm. */
  readonly packages: readonly string[]
  /** Modules of Node: all of them, none (it runs in browsers), or those without a server in them. */
  readonly node: 'all' | 'none' | 'without http'
  /** Packages its declarations do not mention: their types do not resolve for every user. */
  readonly untyped?: readonly string[]
}

export const rules: Readonly<Record<string, Rule>> = {
  '@sse/core': { packages: [], node: 'without http' },
  '@sse/express': { packages: ['@sse/core', 'express'], node: 'all' },
  '@sse/sqlite': { packages: ['@sse/core'], node: 'without http' },
  '@sse/redis': { packages: ['@sse/core', 'redis'], node: 'without http' },
  '@sse/client': { packages: ['@standard-schema/spec', 'eventsource-parser'], node: 'none' },
  '@sse/vuex': { packages: ['@sse/client', 'vue', 'vuex'], node: 'none', untyped: ['vuex'] },
}

/** Frameworks that one package knows and no other, not even in its tests. */
export const exclusive: Readonly<Record<string, string>> = {
  express: '@sse/express',
  express4: '@sse/express',
  vue: '@sse/vuex',
  vue2: '@sse/vuex',
  vuex: '@sse/vuex',
  vuex3: '@sse/vuex',
}

export const http: readonly string[] = ['http', 'https', 'http2']

/** Everything the top level of the repository holds. */
export const topLevel: readonly string[] = [
  '.changeset',
  '.ci',
  '.editorconfig',
  '.gitattributes',
  '.github',
  '.gitignore',
  'ARCHITECTURE.md',
  'CODE_OF_CONDUCT.md',
  'CONTRIBUTING.md',
  'LICENSE',
  'README.md',
  'SECURITY.md',
  'apps',
  'biome.json',
  'package.json',
  'packages',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'tsconfig.base.json',
  'tsconfig.json',
  'vitest.config.ts',
]

/** What tools leave there and git ignores. */
export const ignored: readonly string[] = [
  '.DS_Store',
  '.git',
  '.idea',
  '.vscode',
  'artifacts',
  'coverage',
  'node_modules',
]
