import { createSse, useSseEvent, useSseRecords } from '@sse/vue'
import { createApp, ref } from 'vue'

interface Price {
  readonly cents: number
  /** How many changes of any price the server had published before this one. */
  readonly count: number
}

const app = createApp({
  setup() {
    const { records, stale } = useSseRecords<Price>('prices')
    const received = ref(0)
    const newest = ref(0)
    let first: number | undefined
    useSseEvent('price', (data) => {
      const { count } = data as Price
      // Those that came with the opening are older than the first change.
      first ??= count
      received.value++
      newest.value = Math.max(newest.value, count)
    })
    // A page that does not read is what a slow network or a slow device looks like to the server.
    function freeze() {
      const end = Date.now() + 6_000
      while (Date.now() < end);
    }
    const skipped = () => Math.max(0, newest.value + 1 - (first ?? 0) - received.value)
    return { records, stale, received, skipped, freeze }
  },
  template: `
    <p>{{ stale ? 'loading' : 'live' }}: <b id="received">{{ received }}</b> changes received,
      <b id="skipped">{{ skipped() }}</b> skipped because newer ones replaced them.</p>
    <button @click="freeze">Freeze this tab for six seconds</button>
    <ul><li v-for="[name, { cents }] in records" :key="name">{{ name }} {{ (cents / 100).toFixed(2) }}</li></ul>
  `,
})
app.use(createSse({ url: '/events' }))
app.mount('#app')
