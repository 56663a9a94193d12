/**
 * The packages as users have them: packed, installed by npm into projects outside of the repository, and used there by
 * what users have. With Vite, in a real browser, it is done by `newcomer.browser.test.ts`.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createProject, entriesOf, installNode, oldestNode, type Project } from './consumers/project.ts'
import { type Registry, serveRegistry } from './newcomer/registry.ts'
import { packPackages } from './pack.ts'
import { folders } from './workspace.ts'

const packages = folders('packages')
const oldest = oldestNode(packages)

/** `SSE_FAULTS=long` is what `test:faults` runs. */
const isLong = process.env['SSE_FAULTS'] === 'long'

const ours = { '@sse/express': 'latest', '@sse/pinia': 'latest', '@sse/vuex': 'latest' }
const vue2 = { pinia: '2.3', vue: '2.7', 'vue-server-renderer': '2.7', vuex: '3' }

const plans = {
  'vue-3': {
    pages: 'vue-3',
    dependencies: {
      ...ours,
      ...{
        '@sse/client': 'latest',
        '@sse/cluster': 'latest',
        '@sse/core': 'latest',
        '@sse/fetch': 'latest',
        '@sse/postgres': 'latest',
        '@sse/redis': 'latest',
        '@sse/sqlite': 'latest',
        '@sse/vue': 'latest',
      },
      ...{ '@types/express': '5', '@types/node': '22', typescript: '6' },
      'typescript-5.8': 'npm:typescript@5.8',
      ...(isLong && { 'typescript-5.9': 'npm:typescript@5.9' }),
      ...{ express: '5', pinia: '4', redis: '6', vue: '3', vuex: '4' },
      ...(isLong && { jsdom: '29', webpack: '5' }),
    },
  },
  'vue-2': { pages: 'vue-2', dependencies: { ...ours, ...vue2, express: '4', jsdom: '29', webpack: '5' } },
  // What many apps on Vue 2.7 have: it knows no syntax after ES2019 but `import()`, and no `exports` of a package.json.
  'vue-2-webpack-4': {
    pages: 'vue-2',
    dependencies: { ...ours, ...vue2, express: '4', jsdom: '29', webpack: '4' },
  },
}
type Name = keyof typeof plans
/**
 * In the short form nothing is bundled by webpack, and nothing runs on Vue 2.7: the newcomer has a page of Vue 3, bundled by Vite, `pnpm check`
 * looks for what webpack 4 needs, and the tests of the packages run on both Vues.
 */
const names: readonly Name[] = isLong ? ['vue-3', 'vue-2', 'vue-2-webpack-4'] : ['vue-3']

const ping = ['view', 'express', 'version', '--fetch-retries=0']
/** What is not ours comes from npm. Without it there is nothing to see here; in CI that is a failure. */
const isOnline = spawnSync('npm', ping, { timeout: 30_000 }).status === 0
const isWanted = isOnline || process.env['CI'] === 'true'
if (!isWanted) console.warn('npm does not answer: the packages are not tried as installed.')

let folder: string
let registry: Registry
let projects: Record<Name, Project>
let oldestPath: string

describe.runIf(isWanted)('the packages as installed', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sse-consumers-'))
    registry = await serveRegistry(packPackages(folder))
    const create = async (name: Name) =>
      [name, await createProject(folder, name, plans[name], registry)] as const
    const [node, ...created] = await Promise.all([installNode(folder, oldest), ...names.map(create)])
    projects = Object.fromEntries(created) as Record<Name, Project>
    oldestPath = node
  }, 300_000)

  afterAll(() => {
    registry?.close()
    rmSync(folder, { recursive: true, force: true })
  }, 60_000)

  const entries = packages.flatMap(entriesOf)
  const browserEntries = entries.filter((entry) => /^@sse\/(client|pinia|vue)/.test(entry))

  describe.each([
    [`Node ${process.versions.node}`, () => process.execPath],
    [`Node ${oldest}`, () => oldestPath],
  ])('on %s', (_, node) => {
    test('every entry can be imported and required, and gives the same', async () => {
      const [imported, required] = await Promise.all([
        projects['vue-3'].run('esm.js', { args: entries, node: node() }),
        projects['vue-3'].run('commonjs.cjs', { args: entries, node: node() }),
      ])
      expect(imported).toEqual(required)
      expect(imported).toMatchObject({
        data: { title: 'Hi' },
        loaded: {
          '@sse/client': expect.arrayContaining(['createSseClient']),
          '@sse/core/testing': expect.arrayContaining(['brokerConformance']),
          '@sse/express': expect.arrayContaining(['createHub', 'sse']),
          '@sse/express/testing': ['openStream'],
          '@sse/fetch': expect.arrayContaining(['channels', 'createHub', 'sse']),
          '@sse/fetch/testing': ['openStream'],
          '@sse/cluster': ['createClusterBroker'],
          '@sse/postgres': ['createPostgresBroker', 'postgresSchema'],
          '@sse/redis': ['createRedisBroker'],
          '@sse/sqlite': ['createSqliteBroker'],
          '@sse/vue': expect.arrayContaining(['createSse', 'createSseClient', 'useSseList']),
          '@sse/pinia': expect.arrayContaining(['createSse', 'createSseClient', 'useSseList']),
          '@sse/vuex': expect.arrayContaining(['createSse', 'createSseClient', 'useSse']),
        },
      })
      expect(Object.keys((imported as { loaded: object }).loaded)).toEqual(entries)
    })
  })

  test('CommonJS in TypeScript compiles with the settings that the guide names', async () => {
    // In the short form the oldest and the newest TypeScript, each with what it takes and with what it refuses.
    const nodenext = ['5.8 nodenext', ...(isLong ? ['5.9 node20'] : []), '6.0 nodenext', '6.0 commonjs']
    const node16 = ['5.8 node16', '6.0 node16', ...(isLong ? ['6.0 node18'] : [])]
    const args = isLong ? [] : ['short']
    expect(await projects['vue-3'].run('compile.js', { args, timeout: 110_000 })).toEqual({
      // 1479: these settings are older than Node's `require` of ES modules.
      'static.cts': { taken: nodenext, refused: Object.fromEntries(node16.map((name) => [name, [1479]])) },
      'dynamic.cts': {
        taken: expect.toSatisfy(
          (taken: string[]) => taken.toSorted().join() === [...nodenext, ...node16].sort().join(),
        ),
        refused: {},
      },
    })
  })

  describe.each(isLong ? names : [])('in the project %s', (name) => {
    test('webpack has nothing to say, and the page it makes gets its events', async () => {
      const bundle = await projects[name].run('bundle.js')
      expect(bundle).toMatchObject({ said: [], isChecking: false })
      // What receives events, and what only some pages need, is in scripts of their own.
      const visit = await projects[name].run('visit.js')
      expect(visit).toEqual({
        text: 'open, 2 heard, Hi,Sunny',
        scripts: ['main.js', expect.stringMatching(/^\d+\.js$/), expect.stringMatching(/^\d+\.js$/)],
        said: [],
      })
      const { scripts } = visit as { readonly scripts: readonly string[] }
      expect(bundle).toMatchObject({ scripts: expect.arrayContaining(scripts) })
    })

    test('every entry for browsers can be bundled', async () => {
      expect(await projects[name].run('entries.js', { args: browserEntries })).toEqual([])
    })
  })

  describe.each(names.filter((name) => name !== 'vue-2'))('in the project %s', (name) => {
    test('a server renders every request with a store of its own, opens no stream and keeps nothing', async () => {
      const rendered = await projects[name].run('render.js', { nodeOptions: ['--expose-gc'] })
      const { pages, ...rest } = rendered as { pages: { html: string; state: object }[] }
      expect(rest).toEqual({ streams: 0, held: 0 })
      expect(pages).toHaveLength(20)
      pages.forEach(({ html, state }, index) => {
        expect(html).toMatch(new RegExp(`<p[^>]*>idle, 0 heard, Request ${index}</p>`))
        expect(state).toMatchObject({ titles: [`Request ${index}`], sse: { status: 'idle' } })
      })
    })
  })
})
