import type { IForbiddenRuleType } from 'dependency-cruiser'

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
  '@sse/fetch': { packages: ['@sse/core'], node: 'without http' },
  '@sse/sqlite': { packages: ['@sse/core'], node: 'without http' },
  '@sse/redis': { packages: ['@sse/core', 'ioredis', 'redis'], node: 'without http' },
  '@sse/postgres': { packages: ['@sse/core', 'pg'], node: 'without http' },
  '@sse/cluster': { packages: ['@sse/core'], node: 'without http' },
  '@sse/client': { packages: ['@standard-schema/spec', 'eventsource-parser'], node: 'none' },
  '@sse/vue': { packages: ['@sse/client', '@vue/devtools-api', 'vue'], node: 'none' },
  '@sse/vuex': { packages: ['@sse/vue', 'vue', 'vuex'], node: 'none', untyped: ['vuex'] },
  '@sse/pinia': { packages: ['@sse/vue', 'pinia', 'vue'], node: 'none' },
}

/** Frameworks that some packages know and no other, not even in its tests. */
const exclusive: Readonly<Record<string, readonly string[]>> = {
  'express|express4': ['@sse/express'],
  'vue|vue2': ['@sse/vue', '@sse/vuex', '@sse/pinia'],
  // A Pinia store and a Vuex store may share a connection, which its tests show.
  'vuex|vuex3': ['@sse/vuex', '@sse/pinia'],
  'pinia|pinia2|pinia3': ['@sse/pinia'],
}

const folderOf = (name: string) => `^packages/${name.replace('@sse/', '')}/`
/** TypeScript finds `vue/types/vue` by `paths`. */
const fromNpm = (name: string) => `(^|(^|/)node_modules/(@types/)?)(${name})/`
/** Beside the sources: `*.test.ts`, `*.test-d.ts`, `*.test-kit.ts`. What lies outside `src` is never shipped. */
const tests = String.raw`\.test[-a-z]*\.ts$`

function ofPackage([name, { packages, node }]: [string, Rule]): IForbiddenRuleType[] {
  const from = { path: `${folderOf(name)}src/`, pathNot: tests }
  const allowed = packages.map((one) => (one.startsWith('@sse/') ? folderOf(one) : fromNpm(one)))
  return [
    {
      name: `${name}: no such arrow`,
      severity: 'error',
      from,
      to: { pathNot: [folderOf(name), ...allowed], dependencyTypesNot: ['core'] },
    },
    ...(node === 'all'
      ? []
      : [
          {
            name: node === 'none' ? `${name} runs in browsers` : `${name} knows no server`,
            severity: 'error' as const,
            from,
            to: {
              dependencyTypes: ['core' as const],
              ...(node !== 'none' && { path: '^(http|https|http2)$' }),
            },
          },
        ]),
  ]
}

/** The rules of dependency-cruiser. */
export const forbidden: IForbiddenRuleType[] = [
  ...Object.entries(rules).flatMap(ofPackage),
  ...Object.entries(exclusive).map(
    ([names, owners]): IForbiddenRuleType => ({
      name: `only ${owners.join(' and ')} knows ${names.replaceAll('|', ', ')}`,
      severity: 'error',
      from: { path: '^packages/', pathNot: owners.map(folderOf) },
      to: { path: fromNpm(names) },
    }),
  ),
  {
    name: 'a path out of the package',
    severity: 'error',
    from: { path: '^((?:packages|apps)/[^/]+)/' },
    to: { pathNot: '^$1/', dependencyTypes: ['local'] },
  },
  {
    name: 'not declared in package.json',
    severity: 'error',
    from: { path: '^packages/' },
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'declared for the tests only',
    severity: 'error',
    from: { path: '^packages/[^/]+/src/', pathNot: tests },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm-peer', 'npm'] },
  },
  {
    // Where modules import each other, what one sees of the other depends on which was loaded first. Types have no order.
    name: 'a circle',
    severity: 'error',
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
]

/** Everything the top level of the repository holds. */
export const topLevel: readonly string[] = `
  .changeset .ci .editorconfig .gitattributes .github .gitignore ARCHITECTURE.md
  CODE_OF_CONDUCT.md CONTRIBUTING.md LICENSE README.md SECURITY.md apps biome.json
  package.json packages pnpm-lock.yaml pnpm-workspace.yaml tsconfig.base.json tsconfig.json
  vitest.config.ts
`.split(/\s+/)

/** What tools leave there and git ignores. */
export const ignored: readonly string[] =
  '.DS_Store .git .idea .vscode artifacts coverage node_modules'.split(' ')
