import { fileURLToPath } from 'node:url'
import { type DefaultTheme, defineConfig } from 'vitepress'
import { english, korean } from './sidebar.ts'

/** @param activeMatch the paths at which the link is marked. Default: its own */
const link = (text: string, link: string, activeMatch?: string) => ({
  text,
  link,
  ...(activeMatch && { activeMatch }),
})

/** Three events on their way. */
const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#3451b2"/><path d="M3 5h10M3 8h7M3 11h4" stroke="#fff" stroke-width="1.8" stroke-linecap="round"/></svg>'

const apps = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '')

/**
 * `pnpm test` builds the site to see that every page renders and no link is dead. Without the browser's scripts, the colours of code and the index of
 * the search, that takes a quarter of the processor time. `pnpm test:faults` builds the whole site.
 */
const isCheck = process.env['SSE_DOCS'] === 'check'

function withoutColours(code: string): string {
  const text = code.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<pre v-pre><code>${text}</code></pre>`
}

const search = {
  provider: 'local',
  options: {
    // A reader who searches wants the guide first, and then the signature.
    miniSearch: {
      searchOptions: { boostDocument: (id: string) => (id.includes('/api/') ? 0.2 : 1) },
    },
    locales: {
      ko: {
        translations: {
          button: { buttonText: '검색', buttonAriaLabel: '검색' },
          modal: {
            noResultsText: '결과가 없습니다',
            resetButtonTitle: '지우기',
            footer: { selectText: '선택', navigateText: '이동', closeText: '닫기' },
          },
        },
      },
    },
  },
} as const satisfies DefaultTheme.Config['search']

export default defineConfig({
  title: 'SSE toolkit',
  description: 'Server-Sent Events from Express to Vue, with nothing lost in between',
  cleanUrls: true,
  head: [
    ['link', { rel: 'icon', type: 'image/svg+xml', href: `data:image/svg+xml,${encodeURIComponent(icon)}` }],
  ],
  lastUpdated: false,
  // The demo and the addresses that getting started runs are on the reader's own machine.
  ignoreDeadLinks: [/^http:\/\/localhost/],
  srcExclude: ['README.md', 'test/**'],
  ...(isCheck && { mpa: true, markdown: { highlight: withoutColours } }),
  vite: {
    // The site is built and shown without a network, and shows pictures of other workspaces.
    server: { fs: { allow: ['../..'] } },
    plugins: [
      {
        // While pages are written, Vue takes pictures of the other workspaces for files of this one.
        name: 'pictures of other workspaces',
        apply: 'serve',
        configureServer({ middlewares }) {
          middlewares.use((req, _res, next) => {
            if (/^\/(notifications|bench)\/[\w./-]+\.(gif|png|svg)$/.test(req.url ?? ''))
              req.url = `/@fs${apps}${req.url}`
            next()
          })
        },
      },
    ],
  },
  themeConfig: {
    ...(!isCheck && { search }),
  },
  locales: {
    root: {
      label: 'English',
      lang: 'en',
      themeConfig: {
        nav: [
          link('Getting started', '/start/server', '^/start/'),
          link('Concepts', '/concepts'),
          link('Troubleshooting', '/troubleshooting'),
          link('Recipes', '/recipes/auth', '^/recipes/'),
          link('Deployment', '/deployment/choosing-a-log', '^/deployment/'),
          link('Packages', '/packages/express', '^/packages/'),
          link('API', '/api/', '^/api/'),
        ],
        sidebar: english,
        outline: { level: [2, 3] },
      },
    },
    ko: {
      label: '한국어',
      lang: 'ko',
      link: '/ko/',
      description: 'Express에서 Vue까지, 아무것도 잃지 않는 Server-Sent Events',
      themeConfig: {
        nav: [
          link('시작하기', '/ko/start/server', '^/ko/start/'),
          link('핵심 개념', '/ko/concepts'),
          link('문제 해결', '/ko/troubleshooting'),
          link('레시피', '/ko/recipes/auth', '^/ko/recipes/'),
          link('배포', '/ko/deployment/choosing-a-log', '^/ko/deployment/'),
          link('패키지', '/packages/express'),
          link('API', '/api/'),
        ],
        sidebar: korean,
        outline: { level: [2, 3], label: '이 페이지에서' },
        docFooter: { prev: '이전', next: '다음' },
        darkModeSwitchLabel: '테마',
        lightModeSwitchTitle: '밝은 테마로',
        darkModeSwitchTitle: '어두운 테마로',
        sidebarMenuLabel: '메뉴',
        returnToTopLabel: '맨 위로',
        langMenuLabel: '언어 바꾸기',
      },
    },
  },
})
