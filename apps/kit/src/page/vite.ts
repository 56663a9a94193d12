/** How the pages are built and, in development, served. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defaultClientConditions, mergeConfig, type UserConfig } from 'vite'

const packages = join(import.meta.dirname, '../../../../packages')

/**
 * The configuration of an app's page in its folder `web`.
 *
 * @param own what the app adds to it
 */
export function pageConfig(app: string, own: UserConfig = {}): UserConfig {
  const shared: UserConfig = {
    root: join(app, 'web'),
    plugins: [vue(), tailwindcss()],
    // The packages of this repository are taken as sources: no build before `dev`, hot reload into them too.
    resolve: { conditions: ['@sse/source', ...defaultClientConditions] },
    server: {
      // No page of another origin has a reason to read these.
      cors: false,
      fs: {
        // By default Vite serves every file of the repository under `/@fs/`, databases included. These are all that pages are made of.
        allow: [
          join(app, 'web'),
          join(app, 'shared'),
          ...readdirSync(packages).map((name) => join(packages, name, 'src')),
        ],
        // Vite's own list, and databases wherever they are.
        deny: ['.env', '.env.*', '*.{crt,pem,key,p12,pfx,cer,der}', '.npmrc', '**/.git/**', '*.{sqlite,db}*'],
      },
    },
    build: {
      // Nothing as `data:` URLs, so that a strict Content-Security-Policy can do without them.
      assetsInlineLimit: 0,
      emptyOutDir: true,
      // ECharts, which is loaded when it is needed. kB.
      chunkSizeWarningLimit: 600,
    },
  }
  return mergeConfig(shared, own)
}
