// @vitest-environment jsdom
import { scriptEventSource } from '@sse/client/testing'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createApp, h } from 'vue'
import { createSse, type SseOptions, useSseList } from '../index.ts'

interface Layer {
  readonly id: string
}
interface Entry {
  readonly layerId: string
  readonly event: { readonly title: string; readonly subtitle?: string; readonly data: object }
}
interface Tree {
  inspectorId: string
  rootNodes: { id: string; tags: { label: string }[] }[]
}
interface State {
  inspectorId: string
  nodeId: string
  state: Record<string, { key: string; value: unknown }[]>
}

afterEach(() => vi.unstubAllGlobals())

/** The part of the devtools that plugins talk to. */
function openDevtools() {
  const layers: string[] = []
  const entries: Entry[] = []
  let getTree = (_: Tree): void => {}
  let getState = (_: State): void => {}
  const api = {
    now: () => 0,
    addTimelineLayer: ({ id }: Layer) => layers.push(id),
    addTimelineEvent: (entry: Entry) => entries.push(entry),
    addInspector() {},
    sendInspectorTree() {},
    sendInspectorState() {},
    on: {
      getInspectorTree(handler: typeof getTree) {
        getTree = handler
      },
      getInspectorState(handler: typeof getState) {
        getState = handler
      },
    },
  }
  function emit(event: string, _: object, setUp: (given: typeof api) => void): void {
    if (event === 'devtools-plugin:setup') setUp(api)
  }
  vi.stubGlobal('__VUE_DEVTOOLS_GLOBAL_HOOK__', { emit, on() {}, once() {}, off() {} })
  vi.stubGlobal('__VUE_DEVTOOLS_PLUGIN_API_AVAILABLE__', true)
  const told = () => entries.map(({ event }) => [event.title, event.subtitle])
  return {
    layers,
    entries,
    told,
    tree() {
      const tree: Tree = { inspectorId: 'sse', rootNodes: [] }
      getTree(tree)
      return tree.rootNodes
    },
    inspect(nodeId: string) {
      const state: State = { inspectorId: 'sse', nodeId, state: {} }
      getState(state)
      return Object.fromEntries(
        Object.entries(state.state).map(([name, values]) => [
          name,
          Object.fromEntries(values.map(({ key, value }) => [key, value])),
        ]),
      )
    },
  }
}

/** An app with these streams, and a list on the first. */
function show(streams: readonly Partial<SseOptions<Record<string, unknown>>>[] = [{}]) {
  const { EventSource, sources } = scriptEventSource()
  const app = createApp({
    setup() {
      useSseList<{ id: number }>({
        ...{ key: 'id', name: 'notes', load: () => [], events: { note: 'put' }, stream: all[0]! },
      })
      return () => h('p')
    },
  })
  const all = streams.map((options) =>
    createSse({ url: 'http://a.example/events', EventSource, batch: false, ...options }),
  )
  for (const sse of all) app.use(sse)
  app.mount(document.createElement('main'))
  onTestFinished(() => app.unmount())
  return { sources, all }
}

describe('the Vue devtools', () => {
  it('show on the timeline what happens to a stream, and why', async () => {
    const { layers, told, entries } = openDevtools()
    const { sources } = show()
    await vi.waitFor(() => expect([layers, sources.length]).toEqual([['sse:sse'], 1]))
    const [source] = sources
    source!.open()
    source!.send('sse.open', '{"stream":"s","heartbeat":0,"resumed":null}', 'e-0')
    await vi.waitFor(() => expect(told()).toContainEqual(['resync of the list notes', 'has loaded']))
    source!.send('note', '{"id":1}', 'e-1')
    source!.send('sse.gap', '{"reason":"trimmed","requested":"e-1"}', 'e-9')
    await vi.waitFor(() => expect(told()).toHaveLength(6))
    source!.lose()
    expect(told()).toEqual([
      ['opened', 'new'],
      ['resync of the list notes', 'has loaded'],
      ['note', 'e-1'],
      ['gap', 'trimmed'],
      ['resync of the list notes', 'begins'],
      ['resync of the list notes', 'has loaded'],
      ['retry', 'The stream ended'],
    ])
    expect(entries.at(-1)?.event.data).toMatchObject({ code: 'network', attempt: 1 })
  })

  it('show a node for each stream, with its state, channels, position and lag', async () => {
    const { layers, tree, inspect } = openDevtools()
    const { sources } = show([{ batch: true }, { namespace: 'prices' }])
    await vi.waitFor(() => expect([layers.length, sources.length]).toEqual([2, 2]))
    const [source] = sources
    source!.open()
    source!.send('sse.open', '{"stream":"s","heartbeat":0,"resumed":null}', 'e-0')
    source!.send('sse.channels', '{"channels":["news"],"refused":["room"]}', 'e-0')
    source!.send('note', '{"id":1}', 'e-1')
    expect(tree().map(({ id, tags }) => [id, tags[0]?.label])).toEqual([
      ['sse', 'open'],
      ['prices', 'connecting'],
    ])
    expect(inspect('sse')).toMatchObject({
      state: { status: 'open', received: 0 },
      channels: { channels: ['news'], refused: ['room'] },
      position: { received: 'e-1', delivered: 'e-0' },
      lag: { waiting: 1, stale: false },
    })
  })
})
