/** The page: compiled on the fly with hot reload in development, from `web/dist` in production. */
import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { join } from 'node:path'
import express, { type Request, type RequestHandler, Router } from 'express'
import { noncePlaceholder } from '../shared/csp-nonce.ts'
import { nonceOf } from './security.ts'

export interface Page {
  readonly handler: RequestHandler
  close(): Promise<void>
}

const root = join(import.meta.dirname, '..')
const dist = join(root, 'web/dist')

/** The page tells these apart itself; whatever else is no file is not found. */
const paths = ['/', '/admin']

/** Vite inside our own server: same port, also for the WebSocket of hot reload. */
export async function developmentPage(server: Server): Promise<Page> {
  const { createServer } = await import('vite')
  const vite = await createServer({
    configFile: join(root, 'vite.config.ts'),
    clearScreen: false,
    // Of several nodes each has its own: two that prepare the same packages at once get in each other's way.
    cacheDir: join(root, `node_modules/.vite${process.env['NODE_NAME'] ?? ''}`),
    logLevel: 'warn',
    appType: 'custom',
    server: { middlewareMode: true, ws: { server } },
  })
  // With the path it is asked for by, so that what is relative in it stays right everywhere.
  const html = async (req: Request) =>
    vite.transformIndexHtml(
      '/index.html',
      await readFile(join(root, 'web/index.html'), 'utf8'),
      req.originalUrl,
    )
  return { handler: pageRoutes(html, vite.middlewares), close: () => vite.close() }
}

/** @throws Error when `pnpm build` has not been run. */
export function builtPage(): Page {
  const index = join(dist, 'index.html')
  if (!existsSync(index)) throw new Error('The page is not built yet. Run `pnpm build` first.')
  const text = readFileSync(index, 'utf8')
  const files = express.static(dist, {
    index: false,
    setHeaders(res, file) {
      // Names under assets/ carry a hash of the content; others must be asked for every time.
      const immutable = file.startsWith(join(dist, 'assets'))
      res.setHeader('Cache-Control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  return { handler: pageRoutes(() => text, files), close: () => Promise.resolve() }
}

function pageRoutes(html: (req: Request) => string | Promise<string>, files: RequestHandler): RequestHandler {
  const router = Router()
  router.get(paths, async (req, res) => {
    const text = await html(req)
    // The nonce is new with every answer, so there is nothing to keep.
    res
      .set('Cache-Control', 'no-store')
      .type('html')
      .send(text.replaceAll(noncePlaceholder, nonceOf(res)))
  })
  router.use(files)
  return router
}
