import { extname } from 'node:path'
import type { RequestHandler } from 'express'
import { build, defaultClientConditions, type Rolldown } from 'vite'

/** The page of an example, its `index.html` with the modules in it, bundled when the example starts. */
export async function page(folder: string): Promise<RequestHandler> {
  const built = await build({
    ...{ root: folder, configFile: false, logLevel: 'warn' },
    resolve: {
      // The packages of this repository are taken as sources: no build before.
      conditions: ['@sse/source', ...defaultClientConditions],
      // The build of Vue that compiles templates: those of the examples are text.
      alias: { vue: 'vue/dist/vue.esm-bundler.js' },
    },
    build: { write: false },
  })
  const { output } = built as Rolldown.RolldownOutput
  const files = new Map(
    output.map((file) => [`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source]),
  )
  return function page({ path }, res, next) {
    const name = path === '/' ? '/index.html' : path
    const file = files.get(name)
    if (file === undefined) next()
    else res.type(extname(name)).send(typeof file === 'string' ? file : Buffer.from(file))
  }
}
