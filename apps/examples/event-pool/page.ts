import { createSse } from '@sse/vuex'
import { createApp } from 'vue'
import { type ActionContext, createStore } from 'vuex'

interface Shown {
  readonly topic: string
  readonly text: string
}
interface Pool {
  events: Shown[]
}

const add =
  (topic: string) =>
  ({ events }: Pool, { text }: { text: string }) => {
    events.push({ topic, text })
  }

/** What the app knows: the events so far. A mutation gets data, it never parses: one that throws ends strict mode. */
const pool = {
  namespaced: true,
  state: (): Pool => ({ events: [] }),
  mutations: { message: add('message'), notification: add('notification'), ping: add('ping') },
  actions: { fill: () => fetch('/pool', { method: 'POST' }) },
}

// The action `sse/connect` listens, the text of an event is parsed, and the mutation named here is committed: nothing else
// reaches the store. The state `sse` has what `onopen` and `onerror` would tell: status, reason, error, retryAt.
const sse = createSse({
  url: '/events',
  events: { message: 'pool/message', notification: 'pool/notification', ping: 'pool/ping' },
  resync: false, // there is nothing to load when events may have been missed
})

// The same on a bare EventSource: what is left to do, and what is left out (backing off, silence, 401, resuming after
// an attempt that failed for good). An EventSource is never kept in the state: Vue would wrap it.
let source: EventSource | undefined
interface ByHand {
  status: 'closed' | 'connecting' | 'open'
}
const byHand = {
  namespaced: true,
  state: (): ByHand => ({ status: 'closed' }),
  mutations: {
    status: (state: ByHand, status: ByHand['status']) => {
      state.status = status
    },
  },
  actions: {
    listen({ commit }: ActionContext<ByHand, unknown>) {
      source?.close() // a second click must not make a second connection
      const events = new EventSource('/events') // cookies of the same origin come along; `withCredentials` is for others
      source = events
      commit('status', 'connecting')
      events.onopen = () => commit('status', 'open')
      // Not an end: the browser comes back by itself, unless the state is CLOSED. Any status but 200 does that.
      events.onerror = () =>
        commit('status', events.readyState === EventSource.CLOSED ? 'closed' : 'connecting')
      const toPool = ({ type, data }: MessageEvent<string>) => {
        commit(`pool/${type}`, JSON.parse(data), { root: true })
      }
      events.onmessage = toPool // what has no name; topics never come here
      events.addEventListener('notification', toPool)
      events.addEventListener('ping', toPool)
      // What the server's `close({ reconnect: false })` says last.
      events.addEventListener('sse.close', () => {
        events.close()
        commit('status', 'closed')
      })
    },
    close({ commit }: ActionContext<ByHand, unknown>) {
      source?.close()
      commit('status', 'closed')
    },
  },
}

const store = createStore({ strict: true, modules: { pool, byHand }, plugins: [sse] })
const template = `
  <h1>Event pool</h1>
  <p>
    The stream is <b id="status">{{ $store.state.sse.status }}</b>.
    <button @click="$store.dispatch('sse/connect')">Listen</button>
    <button @click="$store.dispatch('sse/disconnect')">Close</button>
    <button @click="$store.dispatch('pool/fill')">Fill the pool</button>
  </p>
  <p>
    By hand it is <b id="by-hand">{{ $store.state.byHand.status }}</b>.
    <button @click="$store.dispatch('byHand/listen')">Listen by hand</button>
    <button @click="$store.dispatch('byHand/close')">Close by hand</button>
  </p>
  <ol>
    <li v-for="{ topic, text } in $store.state.pool.events">{{ topic }}: {{ text }}</li>
  </ol>`
createApp({ template }).use(store).use(sse).mount('#app')
store.dispatch('sse/connect')
