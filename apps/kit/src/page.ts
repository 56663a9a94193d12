/** The page: compiled on the fly with hot reload in development, from `web/dist` in production. */
import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { join } from 'node:path'
import express, { type Request, type RequestHandler, type Response, Router } from 'express'

export interface Page {
  readonly handler: RequestHandler
  close(): Promise<void>
}

export interface PageOptions {
  /** The folder of the app, with its `vite.config.ts` and the page in `web`. */
  readonly app: string
  /** Where the page is; what else is not a file is not found. Default: `/`. */
  readonly paths?: readonly string[] | undefined
  /** Puts into the HTML what is new with every answer. */
  readonly finish?: ((html: string, res: Response) => string) | undefined
}

/** Vite inside our own server: same port, also for the WebSocket of hot reload. The server checks the hosts of both. */
export async function developmentPage(server: Server, options: PageOptions): Promise<Page> {
  const { app } = options
  const { createServer } = await import('vite')
  const vite = await createServer({
    configFile: join(app, 'vite.config.ts'),
    clearScreen: false,
    // Of several nodes each has its own: two that prepare the same packages at once get in each other's way.
    cacheDir: join(app, `node_modules/.vite${process.env['NODE_NAME'] ?? ''}`),
    logLevel: 'warn',
    appType: 'custom',
    server: { middlewareMode: true, ws: { server }, allowedHosts: true },
  })
  // With the path it is asked for by, so that what is relative in it stays right everywhere.
  const html = async (req: Request) =>
    vite.transformIndexHtml(
      '/index.html',
      await readFile(join(app, 'web/index.html'), 'utf8'),
      req.originalUrl,
    )
  return { handler: pageRoutes(html, vite.middlewares, options), close: () => vite.close() }
}

/** @throws Error when `pnpm build` has not been run. */
export function builtPage(options: PageOptions): Page {
  const dist = join(options.app, 'web/dist')
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
  return { handler: pageRoutes(() => text, files, options), close: () => Promise.resolve() }
}

function pageRoutes(
  html: (req: Request) => string | Promise<string>,
  files: RequestHandler,
  { paths = ['/'], finish = (text) => text }: PageOptions,
): RequestHandler {
  const router = Router()
  router.get([...paths], async (req, res) => {
    const text = await html(req)
    // What is put into it is new with every answer, so there is nothing to keep.
    res.set('Cache-Control', 'no-store').type('html').send(finish(text, res))
  })
  router.use(files)
  return router
}
