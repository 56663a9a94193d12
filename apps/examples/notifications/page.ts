import { createSse } from '@sse/vuex'
import { createApp, ref } from 'vue'
import { type ActionContext, createStore } from 'vuex'

interface Notification {
  readonly id: number
  readonly title: string
}
interface State {
  /** Newest first. */
  list: readonly Notification[]
}

// 1. The store knows notifications, and nothing of streams.
const notifications = {
  namespaced: true,
  state: (): State => ({ list: [] }),
  mutations: {
    replace(state: State, list: readonly Notification[]) {
      state.list = list
    },
    // An event may repeat what the list has already: by its id it is the same notification.
    add(state: State, one: Notification) {
      if (!state.list.some(({ id }) => id === one.id)) state.list = [one, ...state.list]
    },
  },
  actions: {
    /** Loads the list, and returns the position in the log that belongs to it. */
    async load({ commit }: ActionContext<State, unknown>): Promise<string> {
      const answer = await fetch('/notifications')
      if (!answer.ok) throw new Error(`The list was answered with ${answer.status}`)
      const { list, position } = await answer.json()
      commit('replace', list)
      return position
    },
    async send(_: unknown, title: string): Promise<void> {
      const answer = await fetch('/notifications', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ title }),
      })
      if (!answer.ok) throw new Error(`The notification was answered with ${answer.status}`)
    },
  },
}

// 2. The stream: an event named `notification` commits `notifications/add`. The plugin reconnects by itself, from the last event that the store has
// seen. If the log does not reach back that far, it loads the list again.
const sse = createSse<{ notification: Notification }>({
  url: '/events',
  events: { notification: 'notifications/add' },
  resync: { dispatch: 'notifications/load' },
})

// 3. The page. The state `sse` says how the stream is.
const store = createStore({ strict: true, modules: { notifications }, plugins: [sse] })
const App = {
  setup() {
    const title = ref('')
    const failed = ref(false)
    async function send() {
      try {
        await store.dispatch('notifications/send', title.value)
        title.value = ''
        failed.value = false
      } catch {
        failed.value = true
      }
    }
    return { title, failed, send }
  },
  template: `
    <h1>Notifications</h1>
    <p>The stream is <b id="status">{{ $store.state.sse.status }}</b>.</p>
    <form @submit.prevent="send">
      <input v-model="title" aria-label="Title" required maxlength="200">
      <button>Send</button>
      <span v-if="failed" role="alert">It was not sent. Try again.</span>
    </form>
    <ol><li v-for="{ id, title } in $store.state.notifications.list" :key="id">{{ title }}</li></ol>`,
}
createApp(App).use(store).use(sse).mount('#app')

// 4. The start: first the list, then the stream, from the position of the list. Nothing is lost in between.
try {
  const lastEventId = await store.dispatch('notifications/load')
  store.dispatch('sse/connect', { lastEventId })
} catch {
  // Without a list the stream opens all the same, and then the plugin loads the list.
  store.dispatch('sse/connect')
}
