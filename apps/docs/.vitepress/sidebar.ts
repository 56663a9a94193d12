import { existsSync, globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { DefaultTheme } from 'vitepress'
import { packages } from '../packages.ts'

type Items = DefaultTheme.SidebarItem[]
/** A page by its path, and its text if that is not its heading. */
type Entry = string | readonly [page: string, text: string]

export const english: Items = [
  section('Getting started', [
    ['start/server', 'The server'],
    ['start/vue', 'Vue'],
    ['start/pinia', 'Vue with Pinia'],
    ['start/vuex', 'Vue 3 with Vuex'],
    ['start/vue-2', 'Vue 2.7'],
    ['start/lists', 'Lists that are never wrong'],
    ['start/fetch', 'Hono, h3, Next.js'],
    'concepts',
    'troubleshooting',
  ]),
  section('Questions', [
    ['questions/websocket', 'SSE or WebSocket?'],
    ['questions/authorization-header', 'An Authorization header'],
    ['questions/reconnect', 'Reconnecting, missed events'],
    ['questions/nginx', 'Behind nginx'],
    ['questions/how-many-connections', 'How many connections?'],
  ]),
  section('Recipes', [
    ...under('recipes', ['auth', 'sign-in', 'rooms', 'channels', 'presence', 'llm-streams']),
    ...under('recipes', ['nextjs', 'nuxt']),
    ...under('recipes', ['several-nodes', 'transactions', 'graceful-deploy', 'tracing', 'testing']),
  ]),
  section(
    'Deployment',
    under('deployment', [
      'choosing-a-log',
      'proxies',
      'limits',
      'sqlite',
      'redis',
      'postgres',
      'health',
      'threat-model',
    ]),
  ),
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
  item('reference/versions'),
  { text: 'API reference', collapsed: true, items: reference() },
]

export const korean: Items = [
  section('시작하기', [
    ['ko/readme', '소개'],
    ['ko/start/server', '서버'],
    ['ko/start/vue', 'Vue'],
    ['ko/start/pinia', 'Vue와 Pinia'],
    ['ko/start/vuex', 'Vue 3와 Vuex'],
    ['ko/start/vue-2', 'Vue 2.7'],
    ['ko/start/lists', '서버와 항상 일치하는 목록'],
    ['ko/start/fetch', 'Hono, h3, Next.js'],
    'ko/concepts',
    'ko/troubleshooting',
  ]),
  section('자주 묻는 것', [
    ['ko/questions/websocket', 'SSE와 WebSocket'],
    ['ko/questions/authorization-header', 'Authorization 헤더'],
    ['ko/questions/reconnect', '재연결과 놓친 이벤트'],
    ['ko/questions/nginx', 'nginx 뒤에서'],
    ['ko/questions/how-many-connections', '연결은 몇 개까지'],
  ]),
  section('레시피', [
    ...under('ko/recipes', ['auth', 'sign-in', 'rooms', 'channels', 'presence', 'llm-streams']),
    ...under('ko/recipes', ['nextjs', 'nuxt']),
    ...under('ko/recipes', ['several-nodes', 'transactions', 'graceful-deploy', 'tracing', 'testing']),
  ]),
  section(
    '배포',
    under('ko/deployment', [
      'choosing-a-log',
      'proxies',
      'limits',
      'sqlite',
      'redis',
      'health',
      'threat-model',
    ]),
  ),
  section('배경', [
    ...under('ko/background', ['transports', 'myths', 'comparison', 'speed', 'how-it-is-tested']),
    'ko/examples',
    'ko/reference/versions',
  ]),
  section('옮겨 오기', [
    ...['better-sse', 'express-sse', 'vue-sse'].map((name) => [`ko/migration/${name}`, name] as const),
    ['ko/migration/h3', 'h3: createEventStream'],
    ['ko/migration/hono', 'Hono: streamSSE'],
    ['ko/migration/trpc', 'tRPC 구독'],
    ['ko/migration/resumable-stream', 'resumable-stream'],
    ['ko/migration/hand-written', '직접 작성한 핸들러'],
  ]),
  section('영어 문서', [
    ...packages.map((name) => [`packages/${name}`, `@sse/${name}`] as const),
    ['reference/errors', '오류'],
    ['architecture', '아키텍처'],
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
