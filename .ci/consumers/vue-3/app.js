import { createSse, useSse, useSseEvent } from '@sse/vuex'
import { createSSRApp, h, ref } from 'vue'
import { createStore, useStore } from 'vuex'

const Page = {
  setup() {
    const sse = useSse()
    const { state } = useStore()
    const heard = ref(0)
    useSseEvent('notification', () => {
      heard.value++
    })
    return () => h('p', `${sse.status}, ${heard.value} heard, ${state.titles.join()}`)
  },
}

/** For a browser, which makes one page, and a server, which makes one for each request. */
export function createPages(url) {
  const sse = createSse({ url, events: { notification: 'add' }, resync: false })
  return () => {
    const store = createStore({
      strict: true,
      state: () => ({ titles: [] }),
      mutations: { add: (state, { title }) => state.titles.push(title) },
      plugins: [sse],
    })
    return { store, app: createSSRApp(Page).use(store).use(sse) }
  }
}

export const mount = (app) => app.mount('#app')
