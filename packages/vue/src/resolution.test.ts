import { createProject, type Project, readExample, resolutions } from '@sse/testbed/vue'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const readme = new URL('../README.md', import.meta.url)

/** Each expected error must be one, and nothing else may be. */
const program = `
import { createSse, useSse, useSseEvent, useSseList } from '@sse/vue'

interface Note {
  id: number
}
interface Prices {
  price: number
}

declare module '@sse/vue' {
  interface Register {
    events: { note: Note; removed: number }
    streams: { prices: Prices }
  }
}

export const sse = createSse({ url: '/events' })
sse.on('note', ({ id }) => id.toFixed())

export function setup() {
  useSseEvent('note', ({ id }) => id.toFixed())
  useSseEvent('price', (price) => price.toFixed(), 'prices')
  useSseEvent('sse.gap', ({ reason }) => reason)
  // @ts-expect-error an event of another stream
  useSseEvent('price', () => {})
  // @ts-expect-error a note is an object
  useSseEvent('note', (note: string) => note)
  useSse('prices').on('price', (price) => price.toFixed())
  const { items } = useSseList<Note>({ key: 'id', load: () => [], events: { note: 'put', removed: 'remove' } })
  // @ts-expect-error a number is no note
  useSseList<Note>({ key: 'id', load: () => [], events: { removed: 'put' } })
  return items.value.map(({ id }) => id.toFixed())
}
`

const vueFiles = "declare module '*.vue' { const component: object\nexport default component }"

describe.each(['Vue 3', 'Vue 2.7'] as const)('as built and installed beside %s', (pair) => {
  let project: Project
  beforeAll(() => {
    project = createProject(pair, ['client', 'vue'])
  }, 120_000)
  afterAll(() => project?.remove())

  it.each(resolutions)(
    'the types resolve under %s, and say what is wrong',
    { timeout: 120_000 },
    (_, options) => expect(project.check({ 'program.ts': program }, options)).toEqual([]),
  )

  it('the example of the README compiles', { timeout: 120_000 }, () => {
    const files = { ...readExample(readme, pair), 'files.d.ts': vueFiles }
    expect(Object.keys(files)).toEqual(['sse.ts', 'main.ts', 'App.vue', 'files.d.ts'])
    expect(project.check(files, resolutions[0]![1])).toEqual([])
  })
})
