import { createSse, usePresence } from '@sse/vue'
import { createApp } from 'vue'

const name = new URLSearchParams(location.search).get('name') ?? 'guest'

const app = createApp({
  setup() {
    // Joins the channel, so this page is a member too. A reload is no leave: a member stays five seconds after its last stream.
    return { name, ...usePresence<{ name: string }>('lobby') }
  },
  template: `
    <p>You are {{ name }}. Open another tab as <a href="/?name=mina" target="_blank">mina</a> or
      <a href="/?name=joon" target="_blank">joon</a>.</p>
    <p>{{ stale ? 'Looking around' : count + ' here' }}</p>
    <ul><li v-for="{ id, info } in members" :key="id">{{ info.name }}</li></ul>
  `,
})
app.use(createSse({ url: `/events?name=${encodeURIComponent(name)}` }))
app.mount('#app')
