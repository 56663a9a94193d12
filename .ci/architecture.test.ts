import { globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ICruiseResult } from 'dependency-cruiser'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cruiseModules, undue, violations } from './architecture.ts'
import { ignored, topLevel } from './arrows.ts'
import { root } from './paths.ts'
import { folders, readManifest } from './workspace.ts'

const packages = folders('packages').map(readManifest)

describe('the modules of the repository', { timeout: 120_000 }, () => {
  let cruised: ICruiseResult
  beforeAll(async () => {
    cruised = await cruiseModules(root, ['packages', 'apps'])
  }, 120_000)

  test('import what the arrows allow, and no circle', () => {
    expect(violations(cruised)).toEqual([])
  })
  test.each(packages.map((one) => [one.name, one] as const))('%s declares what it imports', (_, one) => {
    expect(undue(one, cruised)).toEqual([])
  })
  test('components of Vue are looked into', () => {
    const app = cruised.modules.find(({ source }) => source === 'apps/notifications/web/App.vue')
    expect(app?.dependencies).not.toEqual([])
  })
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

/** A rule that cannot fail holds nothing: each is shown modules that break it. */
describe('what must not pass does not', () => {
  const broken = {
    'packages/core/src/import.ts': [
      "import express from 'express'",
      'only @sse/express knows express, express4',
    ],
    'packages/core/src/type.ts': [
      "import type { Request } from 'express'",
      'only @sse/express knows express, express4',
    ],
    'packages/core/src/neighbour.ts': ["import '../../client/src/name.ts'", 'a path out of the package'],
    'packages/core/src/server.ts': ["import 'node:http'", '@sse/core knows no server'],
    'packages/client/src/name.ts': ["import 'node:events'", '@sse/client runs in browsers'],
    'packages/core/src/a.ts': ["import { b } from './inner/b.ts'\nexport const a = b", 'a circle'],
    'packages/core/src/inner/b.ts': ["import { a } from '../a.ts'\nexport const b = () => a", 'a circle'],
  } as const
  const sound = {
    'packages/core/src/crypto.ts': "import 'node:crypto'",
    'packages/core/src/c.ts': "import type { D } from './d.ts'\nexport interface C { d: D }",
    'packages/core/src/d.ts': "import type { C } from './c.ts'\nexport interface D { c: C }",
    'packages/core/src/c.test.ts': "import 'fast-check'",
    'node_modules/express/package.json': '{ "main": "index.js" }',
    'node_modules/express/index.js': '',
  }
  let folder: string
  let found: string[]

  beforeAll(async () => {
    mkdirSync(join(root, 'node_modules/.cache'), { recursive: true })
    folder = mkdtempSync(join(root, 'node_modules/.cache/arrows-'))
    const texts = Object.entries(broken).map(([path, [text]]) => [path, text] as const)
    for (const [path, text] of [...texts, ...Object.entries(sound)]) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    found = violations(await cruiseModules(folder, ['packages']))
  }, 60_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each(Object.entries(broken))('%s', (path, [, rule]) => {
    expect(found.filter((sentence) => sentence.includes(path) && sentence.includes(rule))).not.toEqual([])
  })
  test.each(Object.keys(sound))('%s breaks none', (path) => {
    expect(found.filter((sentence) => sentence.startsWith(path))).toEqual([])
  })

  test('a dependency that no source imports, a peer without an arrow, a package without a rule', () => {
    const nothing = { modules: [] } as unknown as ICruiseResult
    expect(undue({ name: '@sse/core', dependencies: { nanoid: '5' } }, nothing).join()).toMatch(
      'no source imports',
    )
    expect(undue({ name: '@sse/core', peerDependencies: { redis: '6' } }, nothing).join()).toMatch(
      'does not name',
    )
    expect(undue({ name: '@sse/new' }, nothing).join()).toMatch('has no rule')
  })
})
