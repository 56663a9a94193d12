/** The tables of `reference/versions.md` say what the manifests promise, and what the lockfile and CI test. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packages } from '../packages.ts'
import { root } from './pages.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const page = read('apps/docs/reference/versions.md')
const lockfile = read('pnpm-lock.yaml')
const consumers = read('.ci/consumers.test.ts')

interface Manifest {
  readonly engines: { readonly node: string }
  readonly peerDependencies?: Readonly<Record<string, string>>
}

function manifestOf(name: string): Manifest {
  return JSON.parse(read(`packages/${name}/package.json`)) as Manifest
}

/** `a`, `a or b`, `a, b or c`. */
function list(values: readonly string[], word: 'and' | 'or'): string {
  return values.join(', ').replace(/, ([^,]*)$/, ` ${word} $1`)
}

/** `^5.4.0 || ^6.0.0` as `5.4 or 6`. */
function peer(name: string, dependency: string): string {
  const range = manifestOf(name).peerDependencies?.[dependency]
  if (range === undefined) throw new Error(`@sse/${name} has no peer dependency ${dependency}.`)
  const lowest = range.split(' || ').map((one) => one.replace('^', '').replace(/(?:\.0)+$/, ''))
  return list(lowest, 'or')
}

/** The minor release of a catalog entry that `pnpm install` installs. */
function tested(entry: string): string {
  const version = new RegExp(`^ {4}${entry}:\\n {6}specifier: .*\\n {6}version: (\\d+\\.\\d+)`, 'm')
  const [, minor] = version.exec(lockfile) ?? []
  if (minor === undefined) throw new Error(`The catalog of pnpm-lock.yaml has no ${entry}.`)
  return minor
}

/** The majors, or minors, of a package in the projects of `.ci/consumers.test.ts`. */
function consumed(name: string): string {
  const versions = new RegExp(`\\b${name}(?:: |(?:-[\\d.]+)?': 'npm:${name}@)'?([\\d.]+)'`, 'g')
  const found = [...consumers.matchAll(versions)].map(([, version = '']) => version)
  return list([...new Set(found)].sort(), 'and')
}

function nodes(): { required: string; tested: string } {
  const oldest = (name: string) => manifestOf(name).engines.node.replace('>=', '')
  const common = oldest('core')
  const others = packages.filter((name) => oldest(name) !== common)
  const [, matrix = ''] = /^ +node: \[(.*)\]$/m.exec(read('.github/workflows/ci.yml')) ?? []
  const [first = '', ...newest] = [...matrix.matchAll(/"([\d.]+)"/g)].map(([, version = '']) => version)
  return {
    required: [common, ...others.map((name) => `\`@sse/${name}\` needs ${oldest(name)}`)].join('; '),
    tested: `${first.replace(/\.0$/, '')}, newest ${list(newest, 'and')}`,
  }
}

function syntax(): string {
  const targets = ['client', 'vue', 'pinia', 'vuex'].map((name) => {
    const [, target = ''] = /"target": "(ES\d+)"/.exec(read(`packages/${name}/tsconfig.build.json`)) ?? []
    return target
  })
  return shared(targets)
}

/** What packages that share a cell agree on. */
function shared(values: readonly string[]): string {
  return list([...new Set(values)], 'and')
}

/** By the first cell of a row: the cells after it. `undefined` is what no file says. */
function rows(): Record<string, readonly [required: string | undefined, tested: string | undefined]> {
  const node = nodes()
  const vue = `${tested('vue2')} and ${tested('vue')}`
  return {
    Node: [node.required, node.tested],
    Express: [peer('express', 'express'), `${tested('express4')} and ${tested('express')}`],
    'Bun, Deno (`@sse/fetch`)': [undefined, `Bun ${tested('bun')}, Deno ${tested('deno')}`],
    'Redis (`@sse/redis`)': [
      `Redis 7 or Valkey; \`redis\` ${peer('redis', 'redis')}, or \`ioredis\` ${peer('redis', 'ioredis')}`,
      `the Redis of the CI machine; \`redis\` ${tested('redis')}, \`ioredis\` ${tested('ioredis')}`,
    ],
    'PostgreSQL (`@sse/postgres`)': [
      `13; \`pg\` ${peer('postgres', 'pg')}`,
      `the PostgreSQL of the CI machine; \`pg\` ${tested('pg')}`,
    ],
    'Vue (`@sse/vue`, `@sse/vuex`)': [shared([peer('vue', 'vue'), peer('vuex', 'vue')]), vue],
    'Vue (`@sse/pinia`)': [peer('pinia', 'vue'), vue],
    Vuex: [peer('vuex', 'vuex'), `${tested('vuex3')} with Vue 2.7, ${tested('vuex')} with Vue 3`],
    Pinia: [
      peer('pinia', 'pinia'),
      `${tested('pinia2')} with Vue 2.7; ${tested('pinia3')} and ${tested('pinia')} with Vue 3`,
    ],
    TypeScript: [undefined, consumed('typescript')],
    webpack: [undefined, consumed('webpack')],
    browsers: [`${syntax()} syntax, \`import()\`, and \`fetch\` with a readable body`, undefined],
  }
}

test.each(Object.entries(rows()))('the versions of %s are those that hold', (name, cells) => {
  const line = page.split('\n').find((one) => one.startsWith(`| ${name} |`))
  const shown = line
    ?.split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
  expect(shown).toHaveLength(3)
  for (const [column, cell] of cells.entries()) if (cell !== undefined) expect(shown?.[column + 1]).toBe(cell)
})

test('the page has no row that is not looked at', () => {
  const tables = page.slice(page.indexOf('## Servers'))
  const names = [...tables.matchAll(/^\| ([^|]*\w[^|]*) \|/gm)].map(([, name]) => name)
  expect(names).toEqual(expect.arrayContaining(Object.keys(rows())))
  expect(names.filter((name = '') => !(name in rows()))).toEqual(['SQLite (`@sse/sqlite`)'])
})

test('every README that names a Node names the one that its manifest requires', () => {
  const named = packages.flatMap((name) => {
    const [, version] = /Node ≥ ([\d.]+\d)/.exec(read(`packages/${name}/README.md`)) ?? []
    return version === undefined ? [] : [[name, `>=${version}`]]
  })
  expect(named.length).toBeGreaterThan(5)
  expect(named).toEqual(named.map(([name = '']) => [name, manifestOf(name).engines.node]))
})
