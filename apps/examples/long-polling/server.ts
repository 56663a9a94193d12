import { listen } from '../listen.ts'
import { page } from '../page.ts'
import { polledApp } from '../polled.ts'

// The server needs nothing more than for polling. A request with `Prefer: wait=25` (RFC 7240) is answered when there is something to tell, or after
// 25 seconds, before proxies lose their patience. A client that leaves meanwhile is forgotten.
const app = polledApp()
app.use(await page(import.meta.dirname, 'Long polling'))
listen(app)
