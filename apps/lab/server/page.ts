/** The page: compiled on the fly with hot reload in development, from `web/dist` in production. */
import { existsSync } from 'node:fs'
import type { Server } from 'node:http'
import { join } from 'node:path'
import express, { type RequestHandler } from 'express'

export interface Page {
  readonly handler: RequestHandler
  close(): Promise<void>
}

const root = join(import.meta.dirname, '..')
const dist = join(root, 'web/dist')

/** Vite inside our own server: same port, also for the WebSocket of hot reload. */
export async function developmentPage(server: Server): Promise<Page> {
  const { createServer } = await import('vite')
  const vite = await createServer({
    configFile: join(root, 'vite.config.ts'),
    clearScreen: false,
    logLevel: 'warn',
    appType: 'spa',
    server: { middlewareMode: true, ws: { server } },
  })
  return { handler: vite.middlewares, close: () => vite.close() }
}

/** @throws Error when `pnpm build` has not been run. */
export function builtPage(): Page {
  if (!existsSync(join(dist, 'index.html'))) {
    throw new Error('The page is not built yet. Run `pnpm build` first.')
  }
  const handler = express.static(dist, {
    setHeaders(res, file) {
      // Names under assets/ carry a hash of the content; index.html must be asked for every time.
      const immutable = file.startsWith(join(dist, 'assets'))
      res.setHeader('Cache-Control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  return { handler, close: () => Promise.resolve() }
}
