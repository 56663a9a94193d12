/** How the pages are built and, in development, served. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defaultClientConditions, type InlineConfig, mergeConfig, type Plugin, type UserConfig } from 'vite'
import { registerTS } from 'vue/compiler-sfc'

const packages = join(import.meta.dirname, '../../../../packages')

// To look up the types of props in packages, Vue's compiler would load TypeScript, which takes 100 MB. Those props are not checked at run time. The
// types in our own files it finds by itself, given a file system.
registerTS(() => undefined as never)
const fs = { fileExists: existsSync, readFile: (file: string) => readFileSync(file, 'utf8') }

export interface Head {
  readonly title: string
  readonly description: string
}

/**
 * The configuration of an app's page in its folder `web`.
 *
 * @param own what the app adds to it
 */
export function pageConfig(app: string, head: Head, own: UserConfig = {}): UserConfig {
  const root = join(app, 'web')
  const index = join(root, 'index.html')
  const shared: UserConfig = {
    root,
    plugins: [vue({ script: { fs } }), tailwindcss(), pagePlugin(index, head)],
    // The packages of this repository are taken as sources: no build before `dev`, hot reload into them too.
    resolve: { conditions: ['@sse/source', ...defaultClientConditions] },
    server: {
      // No page of another origin has a reason to read these.
      cors: false,
      fs: {
        // By default Vite serves every file of the repository under `/@fs/`, databases included. These are all that pages are made of.
        allow: [
          root,
          join(app, 'shared'),
          join(import.meta.dirname, '../web'),
          ...readdirSync(packages).map((name) => join(packages, name, 'src')),
        ],
        // Vite's own list, and databases wherever they are.
        deny: ['.env', '.env.*', '*.{crt,pem,key,p12,pfx,cer,der}', '.npmrc', '**/.git/**', '*.{sqlite,db}*'],
      },
    },
    optimizeDeps: { entries: ['main.ts'] },
    build: {
      rolldownOptions: { input: index },
      // Nothing as `data:` URLs, so that a strict Content-Security-Policy can do without them.
      assetsInlineLimit: 0,
      emptyOutDir: true,
      // ECharts, which is loaded when it is needed. kB.
      chunkSizeWarningLimit: 600,
    },
  }
  return mergeConfig(shared, own)
}

/** How Vite serves the page of an app in development. What it keeps of the packages depends on this. */
export function developmentConfig(app: string): InlineConfig & { readonly cacheDir: string } {
  return {
    configFile: join(app, 'vite.config.ts'),
    clearScreen: false,
    // Each of several nodes has its own: two that prepare the same packages at once get in each other's way.
    cacheDir: join(app, `node_modules/.vite${process.env['NODE_NAME'] ?? ''}`),
    logLevel: 'warn',
    appType: 'custom',
  }
}

/** The HTML of every page, in the place of an `index.html` of its own. */
export const template = join(import.meta.dirname, 'index.html')

function pagePlugin(index: string, { title, description }: Head): Plugin {
  return {
    name: 'page',
    resolveId: (id) => (id === index ? index : undefined),
    load: (id) => (id === index ? readFileSync(template, 'utf8') : undefined),
    transformIndexHtml: () => [
      { tag: 'title', children: title },
      { tag: 'meta', attrs: { name: 'description', content: description } },
    ],
  }
}
