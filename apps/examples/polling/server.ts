import { listen } from '../listen.ts'
import { page } from '../page.ts'
import { polledApp } from '../polled.ts'

// The page asks every second. See `../polled.ts` for the route, which is the one of a stream.
const app = polledApp()
app.use(await page(import.meta.dirname, 'Polling'))
listen(app)
