import { createSseClient } from '@sse/client'

const [start, stop, state, progress] = ['start', 'stop', 'state', 'progress'].map(
  (id) => document.getElementById(id) as HTMLElement,
) as [HTMLElement, HTMLElement, HTMLElement, HTMLElement]

let id = location.hash.slice(1)

function watch(): void {
  state.textContent = 'running'
  progress.textContent = ''
  const client = createSseClient(`/runs/${id}/events`)
  client.on('progress', (text) => {
    progress.textContent += String(text)
  })
  // The server ends the stream too, for good: the client does not come back.
  client.on('sse.end', ({ reason }) => {
    state.textContent = reason
  })
  client.connect()
}

start.addEventListener('click', async () => {
  const response = await fetch('/runs', { method: 'POST' })
  id = ((await response.json()) as { id: string }).id
  location.hash = id
  watch()
})
stop.addEventListener('click', () => void fetch(`/runs/${id}`, { method: 'DELETE' }))
if (id) watch()
