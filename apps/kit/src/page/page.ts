/** The page: compiled on the fly with hot reload in development, from `web/dist` in production. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { join, resolve } from 'node:path'
import express, { type Request, type RequestHandler, type Response, Router } from 'express'
import { Problem } from '../server/problem.ts'

export interface Page {
  readonly handler: RequestHandler
  close(): Promise<void>
}

export interface PageOptions {
  /** The folder of the app, with its `vite.config.ts` and the page in `web`. */
  readonly app: string
  /** Where the page is; what else is not a file is not found. Default: `/`. */
  readonly paths?: readonly (string | RegExp)[] | undefined
  /** The page itself says that there is nothing at an address, with the status 404. Default: no. */
  readonly hasNotFound?: boolean | undefined
  /** Puts into the HTML what is new with every answer. */
  readonly finish?: ((html: string, res: Response) => string) | undefined
}

/** Vite inside our own server: same port, also for the WebSocket of hot reload. The server checks the hosts of both. */
export async function developmentPage(server: Server, options: PageOptions): Promise<Page> {
  const { app } = options
  const { createServer, isFileLoadingAllowed, normalizePath } = await import('vite')
  const { developmentConfig, template } = await import('./vite.ts')
  const config = developmentConfig(app)
  if (!existsSync(join(config.cacheDir, 'deps/_metadata.json'))) await optimizePackages(app)
  const vite = await createServer({
    ...config,
    server: { middlewareMode: true, ws: { server }, allowedHosts: true },
  })
  const root = join(app, 'web')
  const files = Router()
  // Vite judges a link by its own path, and serves the file that it leads to.
  files.use((req, _res, next) => {
    const target = targetOfLink(root, req.url)
    if (target === undefined || isFileLoadingAllowed(vite.config, normalizePath(target))) return next()
    throw new Problem(403, 'This link leads out of what the page is made of')
  })
  files.use(vite.middlewares)
  // With the path it is asked for by, so that what is relative in it stays right everywhere.
  const html = async (req: Request) =>
    vite.transformIndexHtml('/index.html', await readFile(template, 'utf8'), req.originalUrl)
  return { handler: pageRoutes(html, files, options), close: () => vite.close() }
}

/** In a process of its own, because it takes memory for good. If it fails, Vite does the work and says what is wrong. */
async function optimizePackages(app: string): Promise<void> {
  const program = join(import.meta.dirname, 'optimize.ts')
  const child = spawn(process.execPath, [...process.execArgv, program, app], { stdio: 'ignore' })
  await once(child, 'close')
}

/** Where the file of this address is in truth, if a link is on the way to it. */
function targetOfLink(root: string, url: string): string | undefined {
  try {
    const path = decodeURI(new URL(url, 'http://localhost').pathname)
    const file = path.startsWith('/@fs/') ? resolve(path.slice('/@fs'.length)) : join(root, path)
    const target = realpathSync(file)
    return target === file ? undefined : target
  } catch {
    // There is no such file.
    return undefined
  }
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
  { paths = ['/'], finish = (text) => text, hasNotFound = false }: PageOptions,
): RequestHandler {
  const router = Router()
  const answer = async (req: Request, res: Response) => {
    const text = await html(req)
    // What is put into it is new with every answer, so there is nothing to keep.
    res.set('Cache-Control', 'no-store').type('html').send(finish(text, res))
  }
  router.get([...paths], answer)
  router.use(files)
  if (hasNotFound) {
    router.use(async (req, res, next) => {
      // Only to those who go there: a script or an image that is missing is no page.
      if (req.method !== 'GET' || !req.get('accept')?.includes('text/html')) return next()
      await answer(req, res.status(404))
    })
  }
  return router
}
