import { existsSync, globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { DefaultTheme } from 'vitepress'

type Items = DefaultTheme.SidebarItem[]
/** A page by its path, and its text if that is not its heading. */
type Entry = string | readonly [page: string, text: string]

const packages = ['express', 'fetch', 'sqlite', 'redis', 'postgres', 'client', 'vue', 'pinia', 'vuex', 'core']

export const english: Items = [
  section('Getting started', [
    ['start/server', 'The server'],
    ['start/fetch', 'Hono, h3, Next.js'],
    ['start/vue', 'Vue'],
    ['start/pinia', 'Vue with Pinia'],
    ['start/vuex', 'Vue 3 with Vuex'],
    ['start/vue-2', 'Vue 2.7'],
    ['start/lists', 'Lists that are never wrong'],
    'concepts',
  ]),
  section('Recipes', [
    ...under('recipes', ['auth', 'rooms', 'channels', 'presence', 'llm-streams', 'nextjs', 'nuxt']),
    ...under('recipes', ['several-nodes', 'transactions', 'graceful-deploy', 'tracing', 'testing']),
  ]),
  section('Deployment', under('deployment', ['proxies', 'limits', 'sqlite', 'redis', 'threat-model'])),
  section('Background', [
    ...under('background', ['transports', 'myths', 'comparison', 'speed', 'how-it-is-tested']),
    ['architecture', 'Architecture'],
    'examples',
  ]),
  section('Coming from', [
    ...['better-sse', 'express-sse', 'vue-sse'].map((name) => [`migration/${name}`, name] as const),
    ['migration/h3', 'h3: createEventStream'],
    ['migration/hono', 'Hono: streamSSE'],
    ['migration/trpc', 'tRPC subscriptions'],
    ['migration/resumable-stream', 'resumable-stream'],
    ['migration/hand-written', 'A hand-written handler'],
  ]),
  section(
    'Packages',
    packages.map((name) => [`packages/${name}`, `@sse/${name}`]),
  ),
  item('reference/errors'),
  { text: 'API reference', collapsed: true, items: reference() },
]

export const korean: Items = [
  section('시작하기', [
    ['ko/readme', '소개'],
    ['ko/start/server', '서버'],
    ['ko/start/vuex', 'Vue 3'],
    ['ko/start/vue-2', 'Vue 2.7'],
    'ko/concepts',
  ]),
  section('영어 문서', [
    ['recipes/auth', '레시피: 권한'],
    ['deployment/proxies', '배포: 프록시'],
    ['background/myths', '글에서 자주 틀리는 것'],
    ['api/', 'API 레퍼런스'],
  ]),
]

function section(text: string, entries: readonly Entry[]): DefaultTheme.SidebarItem {
  return { text, items: entries.map(item) }
}

function under(folder: string, names: readonly string[]): string[] {
  return names.map((name) => `${folder}/${name}`)
}

function item(entry: Entry): DefaultTheme.SidebarItem {
  const [page, text] = typeof entry === 'string' ? [entry, headingOf(entry)] : entry
  return { text, link: `/${page}` }
}

function headingOf(page: string): string {
  const text = readFileSync(fileURLToPath(new URL(`../${page}.md`, import.meta.url)), 'utf8')
  return /^# (.*)$/m.exec(text)?.[1] ?? page
}

/** The pages that `api.ts` has written; none before it ran. */
function reference(): Items {
  const folder = fileURLToPath(new URL('../api', import.meta.url))
  if (!existsSync(folder)) return []
  return globSync('@sse/**/*.md', { cwd: folder })
    .map((path) => path.replace(/\.md$/, ''))
    .sort()
    .map((name) => ({ text: name, link: `/api/${name}` }))
}
