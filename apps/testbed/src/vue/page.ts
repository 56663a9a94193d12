import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build } from 'vite'
import type { PairName } from './project.ts'
import { singleFileComponents } from './single-file-components.ts'

/** A page as a user's bundler makes it, with a server behind it. */
export interface PageServer {
  readonly origin: string
  close(): void
}

/**
 * Bundles `main.ts` of a folder for a page with a `<div id="app">`, and serves it.
 *
 * @param answer takes the requests that are not for the page
 */
export async function servePage(
  pair: PairName,
  folder: string,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<PageServer> {
  const html =
    '<!doctype html><title>A page</title><link rel="icon" href="data:,"><div id="app"></div><script type="module" src="/main.ts"></script>'
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'index.html'), html)
  await build({
    ...{ root: folder, configFile: false, logLevel: 'warn', plugins: [singleFileComponents(pair)] },
    define: {
      'process.env.NODE_ENV': '"development"',
      __VUE_OPTIONS_API__: 'true',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
    ...(pair === 'Vue 2.7' && { resolve: { dedupe: ['vue'], alias: { 'vue-demi': vueDemi() } } }),
    build: { outDir: join(folder, 'page'), target: 'es2023' },
  })

  const server = createServer((request, response) => {
    const [asked = ''] = (request.url ?? '').split('?')
    const path = asked === '/' ? '/index.html' : asked
    if (path !== '/index.html' && !path.startsWith('/assets/')) return answer(request, response)
    response.setHeader('Content-Type', path.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8')
    response.end(readFileSync(join(folder, 'page', path)))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Pinia 2 imports Vue through this. Where a package manager runs scripts, it chooses the file for the installed Vue by itself. */
function vueDemi(): string {
  const pinia = createRequire(import.meta.url).resolve('pinia2/package.json')
  return createRequire(pinia)
    .resolve('vue-demi')
    .replace(/[^/]+$/, 'v2.7/index.mjs')
}
