import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { asPage } from '../as-page.ts'
import { anchorsOf, blocksOf, linksOf } from './markdown.ts'
import { docs, type Page, readmes, root } from './pages.ts'

test('every relative link of a README leads to a file, and to a heading of it', () => {
  expect(readmes.flatMap((page) => deadLinks(page, (path) => path))).toEqual([])
})

test('every link of the site leads to a page, and to a heading of it', () => {
  expect(docs.flatMap((page) => deadLinks(page, inSite))).toEqual([])
})

test('a README that is a page of the site keeps its links to other pages', () => {
  const shown = readmes.filter(({ path }) => /^packages\/\w+\/README\.md$|^ARCHITECTURE\.md$/.test(path))
  const toPages = ({ path, text }: Page) =>
    linksOf(text)
      .filter((link) => !link.startsWith('#'))
      .map((link) => normalize(join(dirname(path), link)))
      .filter((link) => /^(?:apps\/docs\/.*\.md|packages\/\w+\/?|ARCHITECTURE\.md)(?:#|$)/.test(link))
  const asShown = shown.map(({ path, text }) => ({ path, text: asPage(path, text) }))
  expect(asShown.flatMap((page) => deadLinks(page, inSite))).toEqual([])
  const kept = ({ text }: Page) => linksOf(text).filter((link) => /^\/(?!api\/)/.test(link))
  expect(shown.flatMap(toPages).length).toBeGreaterThan(20)
  expect(asShown.map((page) => [page.path, kept(page).length])).toEqual(
    shown.map((page) => [page.path, toPages(page).length]),
  )
})

test('every file that a page names is there', () => {
  const named = docs.flatMap(({ path, text }) =>
    [...text.matchAll(/`((?:packages|apps)\/[\w./-]+\.(?:ts|vue|md|json))`/g)].map(([, file = '']) => ({
      path,
      file,
    })),
  )
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter(({ file }) => !existsSync(join(root, file)))).toEqual([])
})

test('every example that a page names is there', () => {
  const examples = docs.flatMap(({ path, text }) =>
    [...text.matchAll(/pnpm example ([\w-]+)/g)].map(([, name = '']) => ({ path, name })),
  )
  expect(examples.length).toBeGreaterThan(2)
  expect(examples.filter(({ name }) => !existsSync(join(root, 'apps/examples', name)))).toEqual([])
})

test.each(['apps/docs/examples.md', 'apps/examples/README.md'])(
  '%s has every example, in one order',
  (path) => {
    const [, table = ''] =
      /const examples[^{]*\{(.*?)^\}/ms.exec(readFileSync(join(root, 'apps/examples/examples.ts'), 'utf8')) ??
      []
    const examples = [...table.matchAll(/^ {2}'?([\w-]+)'?:/gm)].map(([, name]) => name)
    expect(examples.length).toBeGreaterThan(10)
    const rows = readFileSync(join(root, path), 'utf8').match(/^\| \[?`.*/gm) ?? []
    const listed = rows.flatMap((row) => (row.split('|')[1] ?? '').match(/`[\w-]+`/g) ?? [])
    expect(listed).toEqual(examples.map((name) => `\`${name}\``))
  },
)

test('what a page shows of a proxy is in the configuration that is tested', () => {
  const tested = ['nginx.conf', 'haproxy.cfg', 'Caddyfile']
    .map((file) => readFileSync(join(root, 'apps/examples/behind-proxy', file), 'utf8'))
    .join('\n')
    .split('\n')
    // The second server of a configuration stands there as a comment, which a test takes away.
    .map((line) => line.trim().replace(/^# (?=server )/, ''))
  const shown = docs
    .flatMap(({ path, text }) => blocksOf(path, text))
    .filter(({ language }) => ['nginx', 'haproxy', 'caddyfile'].includes(language))
  expect(shown).not.toEqual([])
  const lines = shown.flatMap(({ code }) => code.split('\n').map((line) => line.trim()))
  expect(lines.filter((line) => !tested.includes(line))).toEqual([])
})

test('what the recipe for Nuxt shows is in the example that is tested', () => {
  const example = join(root, 'apps/examples/nuxt')
  const tested = globSync('{app,server}/**/*.{ts,vue}', { cwd: example })
    .map((file) => readFileSync(join(example, file), 'utf8'))
    .join('\n')
  const shown = docs
    .filter(({ path }) => path === 'apps/docs/recipes/nuxt.md')
    .flatMap(({ path, text }) => blocksOf(path, text))
    .filter(({ language }) => language === 'ts')
  expect(shown).not.toEqual([])
  const lines = shown.flatMap(({ code }) => code.split('\n').filter((line) => !/^\s*\/[/*]/.test(line)))
  expect(lines.filter((line) => !tested.split('\n').includes(line))).toEqual([])
})

test('a dead link is found', () => {
  const page = (text: string): Page => ({ path: 'README.md', text })
  const found = (text: string) => deadLinks(page(text), (path) => path)
  expect(found('[a](packages/core) [b](LICENSE) [c](#here)\n\n## Here')).toEqual([])
  expect(found('[a](packages/none)')).toEqual(['README.md: packages/none'])
  expect(found('[a](CONTRIBUTING.md#nowhere)')).toEqual(['README.md: CONTRIBUTING.md#nowhere'])
  expect(found('![a](apps/none.png) `[b](c)`')).toEqual(['README.md: apps/none.png'])
})

/** @param resolve what file a path of the site is */
function deadLinks({ path, text }: Page, resolve: (path: string) => string): string[] {
  return linksOf(text)
    .filter((link) => !/^(?:[a-z]+:|\/\/)/.test(link) && !link.startsWith('/api/') && !/\{\{/.test(link))
    .filter((link) => {
      const [target = '', anchor] = link.split('#')
      const from = target.startsWith('/') ? 'apps/docs' : dirname(path)
      const file = target === '' ? path : resolve(normalize(join(from, decodeURIComponent(target))))
      if (!existsSync(join(root, file))) return true
      if (anchor === undefined) return false
      return !anchorsOf(target === '' ? text : textOf(file)).has(decodeURIComponent(anchor))
    })
    .map((link) => `${path}: ${link}`)
}

/** Of a folder, what is shown for it. */
function textOf(path: string): string {
  const file = statSync(join(root, path)).isDirectory() ? `${path}/README.md` : path
  return readFileSync(join(root, file), 'utf8')
}

/** VitePress serves `start/server.md` as `start/server`, and `ko/index.md` as `ko/`; guides are made of READMEs. */
function inSite(path: string): string {
  const [, name] = /^apps\/docs\/packages\/(\w+)$/.exec(path) ?? []
  if (name) return `packages/${name}/README.md`
  if (path === 'apps/docs/architecture') return 'ARCHITECTURE.md'
  const candidates = [path, `${path}.md`, `${path}/index.md`]
  return candidates.find((file) => statSync(join(root, file), { throwIfNoEntry: false })?.isFile()) ?? path
}
