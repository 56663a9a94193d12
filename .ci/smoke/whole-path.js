// @ts-check
/**
 * What a user of the published packages does first, from an HTTP server to a Vuex mutation. Plain JavaScript
 * without a test runner: it runs on the oldest Node the packages promise, outside of the repository.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createHub, sse } from '@sse/express'
import { createSse } from '@sse/vuex'
import express from 'express'
import { createStore } from 'vuex'

const hub = createHub()
const app = express()
app.use(sse({ hub }))
app.get('/events', (_req, res) => {
  res.sse.subscribe('news')
})
const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
assert(address && typeof address === 'object')

// The plugin opens nothing in a server render: this program stands in for a page.
Object.assign(globalThis, { window: globalThis })

/** @type {(payload: unknown) => void} */
let arrive = () => {}
const arrived = new Promise((resolve) => {
  arrive = resolve
})
const plugin = createSse({
  url: `http://127.0.0.1:${address.port}/events`,
  events: { notification: 'add' },
})
const store = createStore({
  state: () => ({ last: /** @type {unknown} */ (undefined) }),
  mutations: {
    add(state, payload) {
      state.last = payload
      arrive(payload)
    },
  },
  plugins: [plugin],
})

const since = hub.position
const { id } = await hub.publish('news', { title: 'Hi' }, { event: 'notification' })
// Resuming from before the event: it arrives whether the stream is there first or not.
await store.dispatch('sse/connect', { lastEventId: since })
await arrived
assert.equal(JSON.stringify(store.state.last).includes('Hi'), true)
assert.notEqual(id, since)

await store.dispatch('sse/disconnect')
await hub.close()
server.closeAllConnections()
server.close()
console.log(`Node ${process.version}: published, streamed, committed`)
