import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Rolldown } from 'vite'
import { root } from './paths.ts'

/** How large a package may be in a browser, minified and gzipped. */
interface Limit {
  readonly name: string
  /** Its built entry. Everything it exports counts. */
  readonly entry: string
  /** What an app has anyway. */
  readonly without: readonly string[]
  /** Bytes of what is loaded with the app. */
  readonly initial: number
  /** Bytes of it all, with the parts that are loaded when they are needed. */
  readonly total: number
}

export const limits: readonly Limit[] = [
  {
    name: '@sse/client',
    entry: 'packages/client/dist/index.js',
    without: [],
    // 8 kB. The parser is some 1,550 of it.
    initial: 8192,
    // Sharing, which is loaded when a client shares, is 5.8 kB of it.
    total: 16_500,
  },
  {
    name: '@sse/vuex',
    entry: 'packages/vuex/dist/index.js',
    without: ['@sse/client', 'vue', 'vuex'],
    initial: 3000,
    total: 3000,
  },
]

/** What a package weighs: a line for people, and complaints. */
export async function weigh({
  name,
  entry,
  without,
  ...limit
}: Limit): Promise<[line: string, complaints: string[]]> {
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
  const sizes = {
    initial: gzipped([...first].map(({ code }) => code)),
    total: gzipped(chunks.map(({ code }) => code)),
  }
  const complaints = (['initial', 'total'] as const)
    .filter((part) => sizes[part] > limit[part])
    .map((part) => `${name}: ${part} ${sizes[part]} bytes minified and gzipped, more than ${limit[part]}`)
  return [
    `${name}: ${sizes.initial} bytes minified and gzipped, ${sizes.total} with what is loaded later`,
    complaints,
  ]
}

/** Every chunk is a response of its own. */
function gzipped(codes: readonly string[]): number {
  return codes.reduce((sum, code) => sum + gzipSync(code, { level: 9 }).length, 0)
}
