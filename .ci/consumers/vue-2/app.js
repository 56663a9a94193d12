import { createSse, useSse, useSseEvent } from '@sse/vuex'
import Vue, { h, ref } from 'vue'
import Vuex from 'vuex'

Vue.config.productionTip = false
Vue.use(Vuex)

/** For a browser, which makes one page, and a server, which makes one for each request. */
export function createPages(url) {
  const sse = createSse({ url, events: { notification: 'add' }, resync: false })
  Vue.use(sse)
  return () => {
    const store = new Vuex.Store({
      strict: true,
      state: () => ({ titles: [] }),
      mutations: { add: (state, { title }) => state.titles.push(title) },
      plugins: [sse],
    })
    const setup = () => {
      const sse = useSse()
      const heard = ref(0)
      useSseEvent('notification', () => {
        heard.value++
      })
      return () => h('p', `${sse.status}, ${heard.value} heard, ${store.state.titles.join()}`)
    }
    return { store, app: new Vue({ store, setup }) }
  }
}

export const mount = (app) => app.$mount('#app')
