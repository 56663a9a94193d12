import { globSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { isTest, violations } from './architecture.ts'
import { ignored, rules, topLevel } from './arrows.ts'
import { circle } from './imports.ts'
import { root } from './paths.ts'
import { folders, type Manifest, readManifest, readPackage, type SourcePackage } from './workspace.ts'

const shared = readManifest(root)
const packages = folders('packages').map(readPackage)
const apps = folders('apps').map(readPackage)

describe.each(packages.map((one) => [one.manifest.name, one] as const))('%s', (name, one) => {
  test('imports what its arrows allow and its package.json declares', () => {
    expect(violations(one, rules[name], shared)).toEqual([])
  })
  test('has no circular imports', () => {
    expect(circle(one.files.filter((file) => !isTest(file)))).toBeUndefined()
  })
})

test.each(apps.map((app) => [app.manifest.name, app] as const))('%s reaches packages by name', (_, app) => {
  const own = new Set(violations(app, { packages: [], node: 'all' }, shared))
  expect([...own].filter((sentence) => sentence.endsWith('a path out of the package'))).toEqual([])
})

test('the top level holds what it should and nothing else', () => {
  const extra = readdirSync(root).filter((name) => !topLevel.includes(name) && !ignored.includes(name))
  expect(extra).toEqual([])
})

test('one version of pnpm is written everywhere', () => {
  const { packageManager } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))
  const files = globSync(['*.md', '.ci/run', '.github/**/*', 'packages/*/README.md', 'apps/*/README.md'], {
    cwd: root,
    withFileTypes: true,
  }).filter((entry) => entry.isFile())
  const written = files.flatMap(({ parentPath, name }) =>
    [...readFileSync(`${parentPath}/${name}`, 'utf8').matchAll(/\bpnpm@[\d.]*\d/g)].map(([found]) => found),
  )
  expect(new Set(written)).toEqual(new Set([packageManager]))
})

/** A rule that cannot fail holds nothing: each is shown a package that breaks it. */
describe('what must not pass does not', () => {
  const core = (text: string, rest: Partial<Manifest> = {}, path = 'src/hub.ts'): SourcePackage => ({
    manifest: { name: '@sse/core', ...rest },
    files: [{ path, text }],
  })
  const found = (one: SourcePackage) => violations(one, rules[one.manifest.name], shared).join('\n')

  test.each([
    ['an import', "import express from 'express'"],
    ['a type import', "import type { Request } from 'express'"],
    ['an inline type import', "type R = import('express').Request"],
    ['a re-export', "export * from 'express'"],
    ['a dynamic import', "const e = await import('express')"],
    ['a subpath', "import 'express/lib/router.js'"],
    ['an augmentation', "export {}\ndeclare module 'express' { interface Response { sse: unknown } }"],
  ])('%s of express in the core', (_, text) => {
    expect(found(core(text, { dependencies: { express: '^5' } }))).toMatch('only @sse/express knows it')
  })
  test('a module of Node that is a server', () => {
    expect(found(core("import { ServerResponse } from 'node:http'"))).toMatch('knows no server')
    expect(found(core("import { randomUUID } from 'node:crypto'"))).toBe('')
  })
  test('a module of Node in a browser', () => {
    const client = { ...core("import 'node:events'"), manifest: { name: '@sse/client' } }
    expect(found(client)).toMatch('runs in browsers')
  })
  test('a package without an arrow, though it is declared', () => {
    const redis = core("import 'redis'", { dependencies: { redis: '^6' } })
    expect(found(redis)).toBe("src/hub.ts imports 'redis': no such arrow")
  })
  test('a neighbour by its path', () => {
    expect(found(core("import '../../client/src/index.ts'"))).toMatch('a path out of the package')
  })
  test('an app in what is shipped; in a test it may be, when declared', () => {
    const text = "import { until } from '@sse/testbed'"
    expect(found(core(text))).toMatch('no such arrow')
    expect(found(core(text, {}, 'src/hub.test.ts'))).toMatch('not declared in package.json')
    expect(found(core(text, { devDependencies: { '@sse/testbed': '*' } }, 'src/hub.test.ts'))).toBe('')
  })
  test('a dependency nobody imports, a peer without an arrow, a package without a rule', () => {
    expect(found(core('', { dependencies: { nanoid: '5' } }))).toMatch('which no source imports')
    expect(found(core('', { peerDependencies: { redis: '6' } }))).toMatch('to which there is no arrow')
    expect(found({ manifest: { name: '@sse/new' }, files: [] })).toMatch('has no rule')
  })
  test('a circle, unless it is one of types', () => {
    const a = { path: 'src/a.ts', text: "import { b } from './inner/b.ts'\nb()" }
    const b = { path: 'src/inner/b.ts', text: "export { a } from '../a.ts'" }
    expect(circle([a, b])).toEqual(['src/a.ts', 'src/inner/b.ts', 'src/a.ts'])
    expect(circle([a, { ...b, text: "import type { A } from '../a.ts'" }])).toBeUndefined()
  })
})
