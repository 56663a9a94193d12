import { existsSync, globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { DefaultTheme } from 'vitepress'

type Items = DefaultTheme.SidebarItem[]

export const english: Items = [
  {
    text: 'Getting started',
    items: [
      { text: 'The server', link: '/start/server' },
      { text: 'Vue 3', link: '/start/vue-3' },
      { text: 'Vue 2.7', link: '/start/vue-2' },
      { text: 'Concepts', link: '/concepts' },
    ],
  },
  {
    text: 'Recipes',
    items: [
      { text: 'Who may read what', link: '/recipes/auth' },
      { text: 'Rooms and topics', link: '/recipes/rooms' },
      { text: 'Presence', link: '/recipes/presence' },
      { text: 'LLM streams', link: '/recipes/llm-streams' },
      { text: 'Several nodes', link: '/recipes/several-nodes' },
      { text: 'Graceful deploy', link: '/recipes/graceful-deploy' },
      { text: 'Tracing', link: '/recipes/tracing' },
      { text: 'Testing', link: '/recipes/testing' },
    ],
  },
  {
    text: 'Deployment',
    items: [
      { text: 'Proxies', link: '/deployment/proxies' },
      { text: 'Limits: clouds, kernel, browsers', link: '/deployment/limits' },
      { text: 'SQLite in operation', link: '/deployment/sqlite' },
      { text: 'Redis in operation', link: '/deployment/redis' },
      { text: 'Threat model', link: '/deployment/threat-model' },
    ],
  },
  {
    text: 'Background',
    items: [
      { text: 'Choosing a transport', link: '/background/transports' },
      { text: 'What articles get wrong', link: '/background/myths' },
      { text: 'Comparison', link: '/background/comparison' },
      { text: 'Speed', link: '/background/speed' },
      { text: 'Architecture', link: '/architecture' },
      { text: 'Examples to run', link: '/examples' },
    ],
  },
  {
    text: 'Coming from',
    items: [
      { text: 'better-sse', link: '/migration/better-sse' },
      { text: 'express-sse', link: '/migration/express-sse' },
      { text: 'vue-sse', link: '/migration/vue-sse' },
      { text: 'A hand-written handler', link: '/migration/hand-written' },
    ],
  },
  {
    text: 'Packages',
    items: ['express', 'sqlite', 'redis', 'client', 'vuex', 'core'].map((name) => ({
      text: `@sse/${name}`,
      link: `/packages/${name}`,
    })),
  },
  { text: 'Errors', link: '/reference/errors' },
  { text: 'API reference', collapsed: true, items: reference() },
]

export const korean: Items = [
  {
    text: '시작하기',
    items: [
      { text: '소개', link: '/ko/readme' },
      { text: '서버', link: '/ko/start/server' },
      { text: 'Vue 3', link: '/ko/start/vue-3' },
      { text: 'Vue 2.7', link: '/ko/start/vue-2' },
      { text: '핵심 개념', link: '/ko/concepts' },
    ],
  },
  {
    text: '영어 문서',
    items: [
      { text: '레시피: 권한', link: '/recipes/auth' },
      { text: '배포: 프록시', link: '/deployment/proxies' },
      { text: '글에서 자주 틀리는 것', link: '/background/myths' },
      { text: 'API 레퍼런스', link: '/api/' },
    ],
  },
]

/** The pages that `api.ts` has written; none before it ran. */
function reference(): Items {
  const folder = fileURLToPath(new URL('../api', import.meta.url))
  if (!existsSync(folder)) return []
  return globSync('@sse/**/*.md', { cwd: folder })
    .map((path) => path.replace(/\.md$/, ''))
    .sort()
    .map((name) => ({ text: name, link: `/api/${name}` }))
}
