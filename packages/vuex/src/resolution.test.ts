import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createProject, type PairName, type Project, readExample, resolutions } from '@sse/testbed/vue'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const readme = new URL('../README.md', import.meta.url)

/** Each expected error must be one, and nothing else may be. */
const program = `
import { createSse, useSse, useSseEvent, type Sse } from '@sse/vuex'

interface Events {
  note: { id: number }
  tick: number
}
interface Prices {
  price: number
}

declare module '@sse/vuex' {
  interface Register {
    events: Events
    streams: { prices: Prices }
    mutations: { 'notes/add': { id: number }; 'notes/addMany': readonly { id: number }[]; 'clock/tick': number }
    actions: { 'notes/show': { id: number } }
  }
}

export const sse = createSse<Events>({
  url: '/events',
  events: {
    note: ['notes/add', { commit: 'notes/addMany', batch: true }, { dispatch: 'notes/show' }, ({ id }) => id.toFixed()],
    tick: { run: (ticks, meta) => [ticks.reduce((sum, tick) => sum + tick, 0), meta.id], batch: true },
  },
})
// @ts-expect-error no such event
createSse<Events>({ url: '/', events: { notte: 'notes/add' } })
// @ts-expect-error no such mutation
createSse<Events>({ url: '/', events: { note: 'notes/remove' } })
// @ts-expect-error this mutation takes a number
createSse<Events>({ url: '/', events: { note: 'clock/tick' } })
// @ts-expect-error a batch is an array
createSse<Events>({ url: '/', events: { note: { commit: 'notes/add', batch: true } } })
// @ts-expect-error a mutation is no action
createSse<Events>({ url: '/', events: { note: { dispatch: 'notes/add' } } })
// @ts-expect-error a tick is a number
createSse<Events>({ url: '/', events: { tick: (tick: string) => tick } })

export function setup(): Sse<Events> {
  useSseEvent('note', ({ id }) => id.toFixed())
  useSseEvent('price', (price) => price.toFixed(), 'prices')
  useSseEvent('sse.gap', ({ reason }) => reason)
  // @ts-expect-error an event of another stream
  useSseEvent('price', () => {})
  // @ts-expect-error a note is an object
  useSseEvent('note', (note: string) => note)
  useSse('prices').on('price', (price) => price.toFixed())
  useSse<Prices>('others').on('price', (price) => price.toFixed())
  return useSse()
}
`

const components: Record<PairName, string> = {
  'Vue 3': `
import { defineComponent } from 'vue'
import './program.js'
export default defineComponent({
  computed: {
    status(): string {
      // @ts-expect-error no such state
      this.$sse.stattus
      return this.$sse.status
    },
  },
  mounted() {
    this.$sse.on('note', ({ id }) => id.toFixed())
    // @ts-expect-error no such event
    this.$sse.on('notte', () => {})
  },
})
`,
  'Vue 2.7': `
import type {} from '@sse/vuex/vue2'
import { defineComponent } from 'vue'
import { sse } from './program.js'
import { Vue } from './vue.js'
Vue.use(sse)
export const extended = Vue.extend({
  mounted() {
    this.$sse.on('note', ({ id }) => id.toFixed())
    // @ts-expect-error no such event
    this.$sse.on('notte', () => {})
  },
  computed: {
    status(): string {
      // @ts-expect-error no such state
      this.$sse.stattus
      return this.$sse.status
    },
  },
})
export const defined = defineComponent({
  computed: {
    status(): string {
      // @ts-expect-error no such state
      this.$sse.stattus
      return this.$sse.status
    },
  },
})
`,
}

/** Vue 2.7 has a default export, which its types do not find under node16: they say that it lies one level deeper. */
const importVue = (resolution: string) =>
  resolution === 'node16'
    ? "import vue from 'vue'\nexport const Vue = vue.default"
    : "export { default as Vue } from 'vue'"

const vueFiles = "declare module '*.vue' { const component: object\nexport default component }"

describe.each(['Vue 3', 'Vue 2.7'] as const)('as built and installed beside %s', (pair) => {
  let project: Project
  beforeAll(() => {
    project = createProject(pair, ['client', 'vue', 'vuex'])
  }, 120_000)
  afterAll(() => project?.remove())

  it.each(resolutions)(
    'the types resolve under %s, and say what is wrong',
    { timeout: 120_000 },
    (name, options) => {
      const vue = pair === 'Vue 3' ? {} : { 'vue.ts': importVue(name) }
      const files = { 'program.ts': program, 'component.ts': components[pair], ...vue }
      expect(project.check(files, options)).toEqual([])
    },
  )

  it('the example of the README compiles', { timeout: 120_000 }, () => {
    const files = { ...readExample(readme, pair), 'files.d.ts': vueFiles }
    expect(Object.keys(files)).toEqual(['notifications.ts', 'sse.ts', 'main.ts', 'App.vue', 'files.d.ts'])
    expect(project.check(files, resolutions[0]![1])).toEqual([])
  })

  it('no declaration mentions vuex', () => {
    const dist = join(project.folder, 'node_modules/@sse/vuex/dist')
    const declarations = globSync('**/*.d.ts', { cwd: dist })
    expect(declarations).toContain('index.d.ts')
    const mentioned = declarations.filter((name) => /['"]vuex/.test(readFileSync(join(dist, name), 'utf8')))
    expect(mentioned).toEqual([])
  })
})
