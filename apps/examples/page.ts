import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RequestHandler } from 'express'

/** The page of an example: what its `page.html` has for a body, and the module `page.ts`. Either may be missing. */
export async function pageOf(
  folder: string,
  title: string,
): Promise<{ readonly html: string; readonly script: string | undefined }> {
  const [file, module] = [join(folder, 'page.html'), join(folder, 'page.ts')]
  const body = existsSync(file) ? readFileSync(file, 'utf8') : '<div id="app"></div>'
  const script = existsSync(module) ? await bundle(module) : undefined
  const html = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>${title}</title>
    <link rel="icon" href="data:,">
    ${script === undefined ? '' : '<script type="module" src="/page.js"></script>'}
  </head>
  <body>${body}</body>
</html>`
  return { html, script }
}

/** The page of an example at `/`, and its module. */
export async function page(folder: string, title: string): Promise<RequestHandler> {
  const { html, script } = await pageOf(folder, title)
  return function page({ path }, res, next) {
    if (path === '/') res.type('html').send(html)
    else if (path === '/page.js' && script !== undefined) res.type('js').send(script)
    else next()
  }
}

/** The module and all that it imports as one script. A page of yours has a bundler already. */
async function bundle(module: string): Promise<string> {
  const { build, defaultClientConditions } = await import('vite')
  const built = await build({
    ...{ root: join(module, '..'), configFile: false, logLevel: 'warn' },
    resolve: {
      // The packages of this repository are taken as sources: no build before.
      conditions: ['@sse/source', ...defaultClientConditions],
      // The build of Vue that compiles templates: those of the examples are text.
      alias: { vue: 'vue/dist/vue.esm-bundler.js' },
    },
    build: { write: false, rolldownOptions: { input: module, output: { codeSplitting: false } } },
  })
  if (!('output' in built)) throw new Error('The bundler watches instead of building')
  return built.output[0].code
}
