import { createSse, useSseEvent } from '@sse/vue'
import { createApp, ref } from 'vue'

/** Milliseconds that somebody counts as typing after a key, and at least between two requests that say so. */
const SHOWN = 3_000
const PACE = 1_000

const me = new URLSearchParams(location.search).get('name') ?? 'guest'

function post(path: string, body: object): void {
  void fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
}

const app = createApp({
  setup() {
    const messages = ref<{ name: string; text: string }[]>([])
    const typing = ref('')
    const text = ref('')
    let timer: ReturnType<typeof setTimeout> | undefined
    let told = Number.NEGATIVE_INFINITY

    function show(name: string) {
      clearTimeout(timer)
      typing.value = name
      timer = setTimeout(() => show(''), SHOWN)
    }

    useSseEvent('message', (data) => {
      messages.value.push(data as { name: string; text: string })
      show('')
    })
    useSseEvent('typing', (data) => {
      const { name } = data as { name: string }
      if (name !== me) show(name)
    })
    return {
      ...{ me, messages, typing, text },
      press() {
        if (performance.now() - told < PACE) return
        told = performance.now()
        post('/typing', { name: me })
      },
      send() {
        post('/messages', { name: me, text: text.value })
        text.value = ''
      },
    }
  },
  template: `
    <p>You are {{ me }}. Open another tab as <a href="/?name=mina" target="_blank">mina</a> or
      <a href="/?name=joon" target="_blank">joon</a>, and type in one of them.</p>
    <ul><li v-for="({ name, text }, index) in messages" :key="index">{{ name }}: {{ text }}</li></ul>
    <p id="typing">{{ typing && typing + ' is typing' }}</p>
    <form @submit.prevent="send"><input v-model="text" @input="press" aria-label="Message"></form>
  `,
})
app.use(createSse({ url: '/events' }))
app.mount('#app')
