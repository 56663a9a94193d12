import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Rolldown } from 'vite'
import { root } from './paths.ts'

/** How large a package may be in a browser, minified and gzipped. */
interface Limit {
  readonly name: string
  /** Its built entry. Everything it exports counts. */
  readonly entry: string
  /** The built entry of a package that it comes on top of: what a page loads for that one does not count. */
  readonly beyond?: string
  /** What an app has anyway. */
  readonly without: readonly string[]
  /** Bytes of what is loaded with the app. */
  readonly initial: number
  /** Bytes of it all, with the parts that are loaded when they are needed. */
  readonly total: number
}

const client = 'packages/client/dist/index.js'
const vue = 'packages/vue/dist/index.js'

export const limits: readonly Limit[] = [
  // 8 kB at first; the parser is some 1,550 of it. Of the rest sharing, which is loaded when a client shares, is 5.8 kB,
  // and what is loaded together for channels, polls, an EventSource, resync, `reached`, records and presence 6.2 kB.
  { name: '@sse/client', entry: client, without: [], initial: 8192, total: 21_900 },
  // Beyond the client: delivery per frame, state and composables. Loads, lists, and the records of stores are parts that the page loads later.
  // A bundler drops the composables that an app does not import; here all of them count.
  { name: '@sse/vue', entry: vue, beyond: client, without: ['vue'], initial: 2560, total: 7200 },
  {
    ...{ name: '@sse/vuex', entry: 'packages/vuex/dist/index.js', beyond: vue },
    ...{ without: ['vue', 'vuex'], initial: 1228, total: 1228 },
  },
  {
    ...{ name: '@sse/pinia', entry: 'packages/pinia/dist/index.js', beyond: vue },
    ...{ without: ['vue', 'pinia'], initial: 1228, total: 1228 },
  },
]

type Sizes = Record<'initial' | 'total', number>

/** What a package weighs: a line for people, and complaints. */
export async function weigh(limit: Limit): Promise<[line: string, complaints: string[]]> {
  const { beyond, entry, name, without } = limit
  const [whole, before] = await Promise.all([
    measure(entry, without),
    beyond ? measure(beyond, without) : { initial: 0, total: 0 },
  ])
  const sizes: Sizes = { initial: whole.initial - before.initial, total: whole.total - before.total }
  const complaints = (['initial', 'total'] as const)
    .filter((part) => sizes[part] > limit[part])
    .map((part) => `${name}: ${part} ${sizes[part]} bytes minified and gzipped, more than ${limit[part]}`)
  const what = beyond ? ' more than without it' : ''
  return [
    `${name}: ${sizes.initial} bytes minified and gzipped${what}, ${sizes.total} with what is loaded later`,
    complaints,
  ]
}

/** What a bundler of today ships to a page: it shortens again what was written out for old ones. */
async function measure(entry: string, without: readonly string[]): Promise<Sizes> {
  const result = await build({
    ...{ configFile: false, root, logLevel: 'silent', publicDir: false },
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      // As a library: an app's own preloading of chunks does not count. Vite leaves white space in ES modules unless told otherwise.
      ...{ write: false, target: 'es2022', lib: { entry: join(root, entry), formats: ['es'] } },
      rolldownOptions: {
        external: [...without],
        // What is loaded later imports from the first chunk, as in an app: it is no reason for a chunk of its own.
        preserveEntrySignatures: 'allow-extension',
        output: { minify: true },
      },
    },
  })
  const chunks = ([result].flat() as Rolldown.RolldownOutput[])
    .flatMap(({ output }) => output)
    .filter((chunk) => chunk.type === 'chunk')
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]))
  const first = new Set(chunks.filter((chunk) => chunk.isEntry))
  for (const chunk of first)
    for (const name of chunk.imports) if (byName.has(name)) first.add(byName.get(name)!)
  return {
    initial: gzipped([...first].map(({ code }) => code)),
    total: gzipped(chunks.map(({ code }) => code)),
  }
}

/** Every chunk is a response of its own. */
function gzipped(codes: readonly string[]): number {
  return codes.reduce((sum, code) => sum + gzipSync(code, { level: 9 }).length, 0)
}
