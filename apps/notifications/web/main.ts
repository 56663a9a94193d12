import { createApp } from 'vue'
import App from './App.vue'
import { openWhatIsClicked } from './alerts/desktop.ts'
import { tellWhoLooks } from './connection/tabs.ts'
import { router } from './frame/addresses.ts'
import { sse, store } from './store/index.ts'
import './style.css'
import { loadWords } from './words/index.ts'

// Vite reloads the page when its server comes back. Here the connection itself shall be seen coming back, so in
// development this answer to Vite's question never comes.
import.meta.hot?.on('vite:ws:disconnect', () => new Promise(() => {}))

// The chosen language may have to be loaded; the session is asked for meanwhile.
void loadWords().then(() => createApp(App).use(router).use(store).use(sse).mount('#app'))

tellWhoLooks()
openWhatIsClicked()
void store.dispatch('session/restore')
