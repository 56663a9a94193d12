import type { Round } from '@sse/testbed/vue'

/** What the page tells of a burst. */
export interface Burst {
  /** The notes in the store, by number. */
  readonly list: readonly number[]
  /** The calls of actions. */
  readonly calls: readonly Round[]
  /** Entries of the devtools, and what was thrown. */
  readonly entries: number
  readonly errors: readonly string[]
}

/**
 * A page whose store takes notes. Query: `single` calls an action for each note; `bounded` keeps the newest 200. It does what Pinia's plugin for the devtools does: every action
 * and every change of the state is written as text and posted to another context.
 */
export const burstPage = `
import { createSse } from '@sse/pinia'
import { createPinia, defineStore } from 'pinia'
import { createApp, h } from 'vue'

const query = new URLSearchParams(location.search)
const burst = { calls: [], entries: 0, errors: [] }
addEventListener('error', ({ message }) => burst.errors.push(message))

const { port1, port2 } = new MessageChannel()
port2.onmessage = () => {}
const send = (entry) => {
  burst.entries++
  port1.postMessage(JSON.stringify(entry))
}

const put = (store, notes) => {
  if (query.has('bounded')) store.list = [...store.list, ...notes].slice(-200)
  else store.list.push(...notes)
}
const useNotes = defineStore('notes', {
  state: () => ({ list: [] }),
  actions: {
    add(note) {
      put(this, [note])
    },
    addMany(notes) {
      put(this, notes)
    },
  },
  sse: { events: { note: query.has('single') ? 'add' : { action: 'addMany', batch: true } } },
})

const sse = createSse({ url: '/events' + location.search, onError: (error) => burst.errors.push(String(error)) })
const pinia = createPinia().use(sse)
const app = createApp({ render: () => h('p', useNotes().list.length + ' ' + sse.received) })
app.use(pinia).use(sse).mount('#app')

const notes = useNotes()
notes.$onAction(({ name, args, after }) => {
  burst.calls.push({ frame: document.timeline.currentTime, at: performance.now(), size: args.flat().length })
  send({ name, args })
  after((result) => send({ name, args, result }))
}, true)
notes.$subscribe(({ type }) => send({ type }), { detached: true, flush: 'sync' })

window.burst = () => ({ ...burst, list: notes.list.map(({ number }) => number) })
window.received = () => sse.received
sse.on('sse.open', () => (document.title = 'open'))
`
