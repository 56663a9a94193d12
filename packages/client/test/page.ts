import { join } from 'node:path'
import { build, type Rolldown } from 'vite'

/** A file that a browser asks for, as it is to be sent. */
export interface PageFile {
  readonly type: 'html' | 'js'
  readonly text: string
}

const page = `<!doctype html>
<title>Tab</title>
<link rel="icon" href="data:,">
<script type="module">
  import { createSseClient } from '/client.js'
  globalThis.createSseClient = createSseClient
</script>`

const files = new Map<string, PageFile>([['/', { type: 'html', text: page }]])

// As users bundle it: a tab that asked for each source by itself would ask for sixty.
const built = (await build({
  ...{ configFile: false, logLevel: 'warn', resolve: { conditions: ['@sse/source', 'browser'] } },
  build: {
    ...{ write: false, minify: false, target: 'es2023' },
    lib: {
      entry: join(import.meta.dirname, '../src/index.ts'),
      formats: ['es'],
      fileName: () => 'client.js',
    },
  },
})) as Rolldown.RolldownOutput[]
for (const file of built.flatMap(({ output }) => output))
  if (file.type === 'chunk') files.set(`/${file.fileName}`, { type: 'js', text: file.code })

/** The client as a page loads it: a page at `/`, and what it imports. Undefined: there is no such file. */
export function pageFile(path: string): PageFile | undefined {
  return files.get(path)
}
