import { fileURLToPath } from 'node:url'
import { build, type Rolldown } from 'vite'
import { describe, expect, it } from 'vitest'

/** The code of all chunks of a bundle of a package, with what is loaded later. */
async function bundle(name: string, environment: string): Promise<string> {
  const result = await build({
    ...{ configFile: false, logLevel: 'silent', publicDir: false },
    root: fileURLToPath(new URL('../..', import.meta.url)),
    resolve: { conditions: ['@sse/source'] },
    define: { 'process.env.NODE_ENV': JSON.stringify(environment) },
    build: {
      ...{ write: false, minify: false },
      lib: { entry: fileURLToPath(new URL(`../../${name}/src/index.ts`, import.meta.url)), formats: ['es'] },
      rolldownOptions: { external: ['vue', 'vuex', 'pinia'] },
    },
  })
  const outputs = [result].flat() as Rolldown.RolldownOutput[]
  return outputs.flatMap(({ output }) => output.map((chunk) => ('code' in chunk ? chunk.code : ''))).join('')
}

/** What only development needs: the devtools, the checks of options and composables, and the hot reload. */
const OF_DEVELOPMENT = [
  'addTimelineLayer',
  'devtools-plugin:setup',
  'is not an option. ',
  'was replaced by one of',
  'gives each item a text',
  'the client emits no ',
  'dehydrate takes the app',
]

describe.each(['vue', 'vuex', 'pinia'])('a bundle of @sse/%s', (name) => {
  it('has the devtools, checks and hot reload in development only', async () => {
    const [development, production] = await Promise.all([
      bundle(name, 'development'),
      bundle(name, 'production'),
    ])
    expect(OF_DEVELOPMENT.filter((text) => !development.includes(text))).toEqual([])
    expect(OF_DEVELOPMENT.filter((text) => production.includes(text))).toEqual([])
    expect(production).toContain('useSseList')
  })
})
