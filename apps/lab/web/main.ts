import { createApp } from 'vue'
import App from './App.vue'
import { api } from './api.ts'
import StartPage from './components/StartPage.vue'
import { delaysKey } from './figures/figures.ts'
import { createServerClock } from './figures/server-clock.ts'
import { createLabStore } from './store/index.ts'
import { controlStream, measuredStream } from './store/streams.ts'
import { startTransports, transportUrls } from './transports.ts'
import './style.css'

/** Milliseconds between two looks at the server's clock. */
const drift = 30_000

const lab = await api.lab().catch(() => undefined)
if (lab) start(lab)
else createApp(StartPage).mount('#app')

function start(lab: Awaited<ReturnType<typeof api.lab>>): void {
  const urls = transportUrls(lab.ports)
  const clock = createServerClock(api.time)
  const [measured, control] = [measuredStream(urls.sse), controlStream()]
  const { store, delays } = createLabStore({ api, lab, clock, measured, control })
  createApp(App)
    .use(store)
    .use(measured)
    .use(control)
    .provide(delaysKey, { delays, now: clock.now })
    .mount('#app')

  // Nothing is measured before the clocks are compared, nor while the page is busy with its own start.
  const compare = () => clock.synchronise().catch(() => {})
  const charts = [import('./components/charts/DelayChart.vue'), import('./components/charts/BarsChart.vue')]
  void Promise.allSettled([compare(), ...charts]).then(() => startTransports(store, urls))
  // A server that is away is asked again the next time.
  setInterval(compare, drift)
}
