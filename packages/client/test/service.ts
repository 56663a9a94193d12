/** A service that consumes another's stream: prints what it hears until the stream is over, or so many events were heard. */
import { createSseClient } from '../src/index.ts'
import { iterate } from '../src/iterate/index.ts'

const [url = '', count = 'all'] = process.argv.slice(2)
const client = createSseClient<{ tick: unknown }>(url, { backoff: { base: 60_000 } })
client.on('sse.state', ({ status }) => console.log(status))
client.connect()
for await (const { data, id } of iterate(client, 'tick')) {
  console.log(id, data)
  if (id === count) break
}
client.close()
