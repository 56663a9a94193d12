import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A file that a browser asks for, as it is to be sent. */
export interface PageFile {
  readonly type: 'html' | 'js'
  readonly text: string
}

const roots = {
  client: join(import.meta.dirname, '../src'),
  eventsource: fileURLToPath(new URL('.', import.meta.resolve('eventsource'))),
  'eventsource-parser': fileURLToPath(new URL('.', import.meta.resolve('eventsource-parser'))),
}

const entry = (name: 'eventsource' | 'eventsource-parser') =>
  `/${name}/${fileURLToPath(import.meta.resolve(name)).slice(roots[name].length)}`

const imports = {
  '@sse/client': '/client/index.ts',
  eventsource: entry('eventsource'),
  'eventsource-parser': entry('eventsource-parser'),
}

const page = `<!doctype html>
<title>Tab</title>
<link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">
  import { createSseClient } from '@sse/client'
  globalThis.createSseClient = createSseClient
</script>`

const read = new Map<string, PageFile | undefined>()

/** The sources as modules, which a browser loads as they are: a page at `/`, and what it imports. Undefined: there is no such file. */
export function pageFile(path: string): PageFile | undefined {
  if (!read.has(path)) read.set(path, readPageFile(path))
  return read.get(path)
}

function readPageFile(path: string): PageFile | undefined {
  if (path === '/') return { type: 'html', text: page }
  const [root = '', ...rest] = normalize(path).split('/').slice(1)
  if (!Object.hasOwn(roots, root) || rest.includes('..')) return undefined
  const text = readFileSync(join(roots[root as keyof typeof roots], ...rest), 'utf8')
  return { type: 'js', text: path.endsWith('.ts') ? stripTypeScriptTypes(text) : text }
}
