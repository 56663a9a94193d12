import { createProject, type Project, readExample, resolutions } from '@sse/testbed/vue'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const readme = new URL('../README.md', import.meta.url)

/** Each expected error must be one, and nothing else may be. */
const program = `
import { createSse, useSse, useSseEvent, type SsePlugin, type SseResyncCause } from '@sse/pinia'
import { createPinia, defineStore } from 'pinia'

interface Note {
  id: number
}
interface Events {
  note: Note
  tick: number
}
interface Prices {
  price: { symbol: string; price: number }
}

declare module '@sse/pinia' {
  interface Register {
    events: Events
    streams: { prices: Prices }
  }
}

export const sse: SsePlugin<Events> = createSse<Events>({ url: '/events' })
createPinia().use(sse).use(createSse<Prices>({ url: '/prices', namespace: 'prices' }))

const state = () => ({ list: [] as Note[], time: 0 })

export const useNotes = defineStore('notes', {
  state,
  getters: {
    count(): number {
      return this.list.length
    },
  },
  actions: {
    add(note: Note) {
      this.list.push(note)
    },
    addMany(notes: Note[]) {
      for (const note of notes) this.add(note)
    },
    tick(time: number) {
      this.time = time
      return this.count
    },
    async load({ reason, signal }: SseResyncCause) {
      await fetch(reason, { signal })
      this.add({ id: 1 })
      return 'e-1'
    },
  },
  sse: { events: { note: 'add', tick: { action: 'tick' } }, resync: 'load' },
})
export const loaded: Promise<string> = useNotes().load({ reason: 'open', signal: new AbortController().signal })

export const useBatches = defineStore('batches', {
  state,
  actions: {
    addMany(notes: Note[]) {
      this.list.push(...notes)
    },
  },
  sse: { events: { note: { action: 'addMany', batch: true } }, resync: false },
})

export const useMarket = defineStore('market', {
  state: () => ({ prices: {} as Record<string, number> }),
  actions: {
    set({ symbol, price }: Prices['price']) {
      this.prices[symbol] = price
    },
  },
  sse: { stream: 'prices', events: { price: 'set' } },
})

export const useClock = defineStore('clock', () => ({ set: (time: number) => time, count: 1 }), {
  sse: { events: { tick: 'set' } },
})

// @ts-expect-error no such action
defineStore('a', { state, actions: { add(note: Note) { this.list.push(note) } }, sse: { events: { note: 'ad' } } })
// @ts-expect-error this action takes a note
defineStore('a', { state, actions: { add(note: Note) { this.list.push(note) } }, sse: { events: { tick: 'add' } } })
// @ts-expect-error no such event
defineStore('a', { state, actions: { add(note: Note) { this.list.push(note) } }, sse: { events: { notte: 'add' } } })
// @ts-expect-error a batch is an array
defineStore('a', { state, actions: { add(note: Note) { this.list.push(note) } }, sse: { events: { note: { action: 'add', batch: true } } } })
// @ts-expect-error no such action
defineStore('a', { state, actions: { load() { return this.time } }, sse: { resync: 'lod' } })
// @ts-expect-error no such stream
defineStore('a', { state, actions: { set() { this.time = 1 } }, sse: { stream: 'price', events: { price: 'set' } } })
// @ts-expect-error an event of another stream
defineStore('a', { state, actions: { set() { this.time = 1 } }, sse: { stream: 'prices', events: { tick: 'set' } } })
// @ts-expect-error no such action
defineStore('a', () => ({ set: (time: number) => time }), { sse: { events: { tick: 'sett' } } })
// @ts-expect-error this action takes a number
defineStore('a', () => ({ set: (time: number) => time }), { sse: { events: { note: 'set' } } })

export function setup() {
  useSseEvent('note', ({ id }) => id.toFixed())
  useSseEvent('price', ({ price }) => price.toFixed(), 'prices')
  // @ts-expect-error an event of another stream
  useSseEvent('price', () => {})
  return useSse().status.value
}
`

const vueFiles = "declare module '*.vue' { const component: object\nexport default component }"

describe.each([
  ['Vue 3 and Pinia 4', 'Vue 3', 'pinia', resolutions],
  // How they resolve does not depend on the version.
  ['Vue 3 and Pinia 3', 'Vue 3', 'pinia3', resolutions.slice(0, 1)],
  ['Vue 2.7 and Pinia 2', 'Vue 2.7', 'pinia2', resolutions.slice(0, 1)],
] as const)('as built and installed beside %s', (_, pair, pinia, resolutions) => {
  let project: Project
  beforeAll(() => {
    project = createProject(pair, ['client', 'vue', 'pinia'], { installed: { pinia } })
  }, 120_000)
  afterAll(() => project?.remove())

  it.each(resolutions)(
    'the types resolve under %s, and say what is wrong',
    { timeout: 120_000 },
    (_, options) => {
      expect(project.check({ 'program.ts': program }, options)).toEqual([])
    },
  )

  it('the example of the README compiles', { timeout: 120_000 }, () => {
    const files = { ...readExample(readme, pair), 'files.d.ts': vueFiles }
    expect(Object.keys(files)).toEqual(['notifications.ts', 'sse.ts', 'main.ts', 'App.vue', 'files.d.ts'])
    expect(project.check(files, resolutions[0]![1])).toEqual([])
  })
})
