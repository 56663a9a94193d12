import type { PairName, Round } from '@sse/testbed/vue'

/** What the page tells of a burst. */
export interface Burst {
  /** The notes in the store, by number. */
  readonly list: readonly number[]
  /** The app's commits. */
  readonly commits: readonly Round[]
  /** Milliseconds between two frames, at most, since the first event. */
  readonly longestFrame: number
  /** Milliseconds of the longest callback of a frame: delivering, with all that the store and its subscribers do. */
  readonly longestCallback: number
  /** Entries of the devtools, and what was thrown. */
  readonly entries: number
  readonly errors: readonly string[]
}

/**
 * A page whose store takes notes. Query: `single` commits each note by itself, `unbatched` at once; `bounded` keeps the newest 200; `loose`
 * leaves strict mode out; `frozen` freezes the notes; `native` takes the browser's EventSource.
 */
export function burstPage(pair: PairName): string {
  return `
import { createSse } from '@sse/vuex'
${pair === 'Vue 3' ? vue3 : vue2}

const query = new URLSearchParams(location.search)
const burst = { commits: [], longestFrame: 0, longestCallback: 0, errors: [] }
const request = requestAnimationFrame
window.requestAnimationFrame = (run) =>
  request((time) => {
    const start = performance.now()
    run(time)
    burst.longestCallback = Math.max(burst.longestCallback, performance.now() - start)
  })
addEventListener('error', ({ message }) => burst.errors.push(message))

const sse = createSse({
  url: '/events' + location.search,
  resync: false,
  batch: !query.has('unbatched'),
  freeze: query.has('frozen'),
  EventSource: query.has('native') ? EventSource : undefined,
  events: { note: query.has('single') ? 'notes/add' : { commit: 'notes/addMany', batch: true } },
  onError: (error) => burst.errors.push(String(error)),
})
const add = (state, notes) => {
  if (query.has('bounded')) state.list = [...state.list, ...notes].slice(-200)
  else state.list.push(...notes)
}
const notes = {
  namespaced: true,
  state: () => ({ list: [] }),
  mutations: {
    add: (state, note) => add(state, [note]),
    addMany: (state, notes) => add(state, notes),
  },
}
const store = start(sse, { strict: !query.has('loose'), devtools: true, modules: { notes }, plugins: [sse] })

store.subscribe(({ type, payload }) => {
  if (!type.startsWith('notes/')) return
  burst.commits.push({ frame: document.timeline.currentTime, at: performance.now(), size: [payload].flat().length })
})

let before
const measure = () => {
  const now = performance.now()
  if (before !== undefined) burst.longestFrame = Math.max(burst.longestFrame, now - before)
  before = store.state.sse.received > 0 || before !== undefined ? now : undefined
  requestAnimationFrame(measure)
}

window.burst = () => ({ ...burst, entries: window.entries ?? 0, list: store.state.notes.list.map(({ number }) => number) })
window.received = () => store.state.sse.received
window.begin = () => {
  before = performance.now()
  burst.longestCallback = 0
  requestAnimationFrame(measure)
}
store.watch(({ sse }) => sse.status, (status) => (document.title = status))
store.dispatch('sse/connect')
`
}

const vue3 = `
import { createApp, h } from 'vue'
import { createStore } from 'vuex'

function start(sse, options) {
  const store = createStore(options)
  const app = createApp({ render() { return h('p', this.$store.state.notes.list.length + ' ' + this.$sse.received) } })
  app.use(store).use(sse).mount('#app')
  return store
}
`

const vue2 = `
import Vue from 'vue'
import Vuex from 'vuex'

function start(sse, options) {
  Vue.use(Vuex)
  Vue.use(sse)
  const store = new Vuex.Store(options)
  new Vue({ store, render(h) { return h('p', this.$store.state.notes.list.length + ' ' + this.$sse.received) } }).$mount('#app')
  return store
}
`

/**
 * Runs in a page before its scripts, for Vuex 3 looks for devtools when it is loaded. Does what the devtools do: Vuex's own plugin for them
 * is set up, and every entry of it is written as text and posted to another context.
 */
export const devtools = `
{
  const { port1, port2 } = new MessageChannel()
  port2.onmessage = () => {}
  window.entries = 0
  const send = (type, payload) => {
    window.entries++
    port1.postMessage(JSON.stringify({ type, payload, time: Date.now() }))
  }
  const nothing = () => {}
  const api = new Proxy(
    { addTimelineEvent: ({ event }) => send(event.title, event.data.payload), on: new Proxy({}, { get: () => nothing }) },
    { get: (methods, name) => methods[name] ?? nothing },
  )
  window.__VUE_DEVTOOLS_GLOBAL_HOOK__ = {
    on: nothing,
    once: nothing,
    emit(event, first, second) {
      if (event === 'devtools-plugin:setup') second(api)
      if (event === 'vuex:mutation') send(first.type, first.payload)
    },
  }
}
`
